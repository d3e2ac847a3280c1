import BrokerCore

/// One thing that a server says on a connection that is subscribed.
enum Push: Equatable {
    case events([BrokerEvent])
    case subscribed(ChannelName)
    case unsubscribed(ChannelName)
    /// A canary's way back.
    case canary(String)
    /// The answer to PING.
    case pong
    /// A command was refused: the server's words.
    case refused(String)
    /// A message that is no announcement, on this pub/sub channel.
    case foreign(String)

    /// - Returns: `nil` for what says nothing (confirmations of the canary's own channel).
    init?(_ reply: Reply, library: Library, canary: String) {
        if case .error(let words) = reply {
            self = .refused(words)
            return
        }
        guard let words = reply.array, let kind = words.first?.text else {
            self = .pong
            return
        }
        let name = words.count > 1 ? words[1].text : nil
        switch kind {
        case "message", "smessage":
            guard words.count == 3, let name, let payload = words[2].text else { return nil }
            self = Self.message(payload, on: name, library: library, canary: canary)
        case "subscribe", "ssubscribe":
            guard let channel = name.flatMap({ library.channel(ofKey: $0) }) else { return nil }
            self = .subscribed(channel)
        case "unsubscribe", "sunsubscribe":
            guard let channel = name.flatMap({ library.channel(ofKey: $0) }) else { return nil }
            self = .unsubscribed(channel)
        case "pong": self = .pong
        default: return nil
        }
    }

    private static func message(_ payload: String, on name: String, library: Library, canary: String) -> Push {
        if name == canary { return .canary(payload) }
        guard let channel = library.channel(ofKey: name), let events = Library.events(payload, on: channel) else {
            return .foreign(name)
        }
        return .events(events)
    }
}
