package import BrokerCore

/// The policies that the cases need, each in a namespace of its own.
package enum ConformanceNamespace: String, CaseIterable, Sendable {
    /// Holds all that a case publishes.
    case ordinary
    /// Holds few messages.
    case few
    /// Holds few bytes.
    case small
    /// Lives a second after its last message, and less when closed.
    case fleeting
    /// Lives long, but not when closed.
    case parting

    package var policy: RetentionPolicy {
        switch self {
        case .ordinary: RetentionPolicy(messages: 20_000, bytes: 64 << 20, ttl: Self.longLife)
        case .few: RetentionPolicy(messages: 5, ttl: Self.longLife)
        case .small: RetentionPolicy(bytes: 1000, ttl: Self.longLife)
        case .fleeting: RetentionPolicy(ttl: .seconds(1), ttlAfterClose: .milliseconds(300))
        case .parting: RetentionPolicy(ttl: Self.longLife, ttlAfterClose: .milliseconds(300))
        }
    }

    /// Longer than any run, and short enough that a run that was killed leaves nothing for long.
    private static let longLife = Duration.seconds(900)
}

/// One run's names: no other run, and nobody else, has channels under its prefix.
package struct ConformanceRun: Sendable {
    /// What the name of every channel of this run begins with.
    package let prefix = "verify-\(Epoch.random())-"
    /// Whose it is to claim tasks.
    let claiming = Turn()

    package init() {}

    /// What the broker under test is to be opened with.
    package var settings: BrokerSettings {
        BrokerSettings(
            retention: ConformanceNamespace.ordinary.policy,
            namespaces: Dictionary(
                uniqueKeysWithValues: ConformanceNamespace.allCases.map { (prefix + $0.rawValue, $0.policy) })
        )
    }

    /// A channel of this run.
    /// - Parameter label: bytes that a channel's name may have, few enough to leave room for the prefix.
    /// - Throws: `InvalidName` for any other label.
    package func channel(_ label: String, in namespace: ConformanceNamespace) throws(InvalidName) -> ChannelName {
        try ChannelName("\(prefix)\(namespace.rawValue):\(label)")
    }
}
