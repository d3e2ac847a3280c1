import BrokerCore

/// The idempotency keys of what one request publishes. With them a request that is tried again, by us or by the user, says
/// nothing twice. A broker remembers each for minutes, so what needs none gets none.
struct TaskKeys: Sendable {
    /// The room that the longest suffix needs, in bytes.
    private static let suffixBytes = 32
    /// The longest key there is, in bytes.
    private static let maximumBytes = 255

    /// The user gave one, and may repeat the request with it.
    let areGiven: Bool
    private let base: String

    init(_ given: IdempotencyKey?) {
        areGiven = given != nil
        base = given.map { Self.shortened($0.rawValue) } ?? "\(Epoch.random())\(Epoch.random())"
    }

    /// Only for the user's repetitions: we ourselves publish a state for one that we have seen, which is then no more.
    var state: IdempotencyKey? { areGiven ? key("/state") : nil }
    var progress: IdempotencyKey? { key("/progress") }
    func line(_ index: Int) -> IdempotencyKey? { key("/log/\(index)") }

    /// The key of what a change publishes last.
    func last(of change: TaskChange) -> IdempotencyKey? {
        if change.state?.isFinal ?? false { return state }
        if !change.log.isEmpty { return line(change.log.count - 1) }
        return change.progress == nil ? state : progress
    }

    private func key(_ suffix: String) -> IdempotencyKey? { try? IdempotencyKey(base + suffix) }

    private static func shortened(_ key: String) -> String {
        guard key.utf8.count > maximumBytes - suffixBytes else { return key }
        var hash = StableHash()
        hash.combine(key)
        return "\(key.prefix(maximumBytes - 2 * suffixBytes))~\(String(hash.value, radix: 36))"
    }
}
