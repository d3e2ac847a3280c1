/// What a reader accepts, as far as it decides between the forms that a channel has.
struct Accept {
    let wantsEventStream: Bool
    /// Text is accepted, and neither JSON nor everything is.
    let prefersText: Bool

    /// `*/*` is accepted, and JSON not named.
    let takesAnything: Bool

    init(_ header: String?) {
        let types = (header ?? "*/*").lowercased().split(separator: ",").compactMap { type -> String? in
            let parts = type.filter { $0 != " " }.split(separator: ";")
            return parts.dropFirst().contains("q=0") ? nil : parts.first.map(String.init)
        }
        wantsEventStream = types.contains("text/event-stream")
        prefersText = types.contains("text/plain") && !types.contains("application/json")
        takesAnything = types.contains("*/*") && !types.contains("application/json")
    }
}
