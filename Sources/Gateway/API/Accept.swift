/// What a reader accepts, as far as it decides between the forms that a channel has.
struct Accept {
    let wantsEventStream: Bool
    /// Text is accepted, and neither JSON nor everything is.
    let prefersText: Bool

    init(_ header: String?) {
        let types = (header ?? "*/*").lowercased().split(separator: ",").map { type in
            type.prefix { $0 != ";" }.filter { $0 != " " }
        }
        wantsEventStream = types.contains("text/event-stream")
        prefersText = types.contains("text/plain") && !types.contains("application/json")
    }
}
