import BrokerCore

/// What a token allows: the channels of each action.
struct Grants: Hashable, Sendable {
    private var patterns: [AccessAction: [ChannelPattern]] = [:]

    /// Nothing.
    init() {}

    /// Reading one channel.
    init(reading channel: ChannelName) { patterns[.subscribe] = [.exactly(channel.rawValue)] }

    mutating func add(_ texts: [String], to action: AccessAction, subject: String?) {
        patterns[action, default: []] += texts.compactMap { ChannelPattern($0, subject: subject) }
    }

    func allow(_ action: AccessAction, _ channel: ChannelName) -> Bool {
        patterns[action]?.contains { $0.matches(channel) } ?? false
    }
}
