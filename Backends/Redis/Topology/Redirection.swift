/// A cluster node's word that a command belongs elsewhere, or can't be carried out just now. Nothing was done
/// (Redis cluster specification, "Redirection and resharding").
enum Redirection: Equatable, Sendable {
    /// The slot has another primary from now on.
    case moved(slot: Int, to: Endpoint)
    /// This once, the importing node is to be asked, with `ASKING` before.
    case ask(slot: Int, of: Endpoint)
    /// The cluster can't serve the slot at the moment.
    case wait(reason: String)

    /// - Parameters:
    ///   - error: the server's words.
    ///   - speaker: who said them; it stands for the host that they leave out.
    /// - Returns: `nil` when the error is another one.
    init?(error: String, from speaker: Endpoint) {
        let words = error.split(separator: " ")
        switch words.first {
        case "MOVED", "ASK":
            guard words.count == 3, let slot = Int(words[1]), (0..<HashSlot.count).contains(slot),
                let target = Self.target(words[2], speaker)
            else { return nil }
            self = words[0] == "MOVED" ? .moved(slot: slot, to: target) : .ask(slot: slot, of: target)
        case "TRYAGAIN": self = .wait(reason: "the Redis cluster is moving the channel to another node")
        case "CLUSTERDOWN": self = .wait(reason: "the Redis cluster is down: \(error.dropFirst("CLUSTERDOWN ".count))")
        default: return nil
        }
    }

    /// `HOST:PORT`; the host may be an IPv6 address without brackets, or empty.
    private static func target(_ text: Substring, _ speaker: Endpoint) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        return host.isEmpty ? speaker.withPort(port) : .host(String(host), port: port)
    }
}
