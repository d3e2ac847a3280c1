/// What a reader accepts, as far as it decides between the forms that a channel has (RFC 9110 §12.5.1).
struct Accept {
    private(set) var wantsEventStream = false
    private var takesText = false
    private var takesJSON = false
    private var takesAll = false

    /// Text is accepted, and neither JSON nor everything is.
    var prefersText: Bool { takesText && !takesJSON }
    /// `*/*` is accepted, and JSON not named.
    var takesAnything: Bool { takesAll && !takesJSON }

    init(_ header: String?) {
        for type in (header ?? "*/*").utf8.split(separator: UInt8(ascii: ",")) {
            let end = type.firstIndex(of: UInt8(ascii: ";")) ?? type.endIndex
            guard !type[end...].split(separator: UInt8(ascii: ";")).contains(where: { $0.says("q=0") }) else {
                continue
            }
            let name = type[..<end]
            if name.says("text/event-stream") { wantsEventStream = true }
            if name.says("text/plain") { takesText = true }
            if name.says("application/json") { takesJSON = true }
            if name.says("*/*") { takesAll = true }
        }
    }
}
