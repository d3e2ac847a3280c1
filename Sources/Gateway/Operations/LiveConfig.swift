import BrokerCore
package import GatewayConfig

/// The configuration that is in force. What can be reloaded is read from here each time that it is used; everything else
/// is what it was at the start, whatever the file says now.
package final class LiveConfig: Sendable {
    /// Makes ready for a new configuration all that can fail, and changes nothing; what it throws keeps the old one.
    package typealias Consumer = @Sendable (GatewayConfig) async throws -> Commit
    /// Puts into force what a consumer has made ready.
    package typealias Commit = @Sendable () -> Void

    private let config: Locked<GatewayConfig>
    private let consumers = Locked<[Consumer]>([])
    private let counts = Locked(Reloads())
    /// Ends when all consumers are there.
    private let beginning = AsyncStream.makeStream(of: Void.self)

    /// How often the configuration was read again.
    struct Reloads: Sendable {
        var applied: UInt64 = 0
        var refused: UInt64 = 0
        var lastWorked = true
    }

    package init(_ config: GatewayConfig) {
        self.config = Locked(config)
    }

    /// All of it, as it is now.
    package var current: GatewayConfig { config.withLock { $0 } }

    /// A part of it, without a copy of the rest: for what is read with each message.
    package func read<Value: Sendable>(_ part: @Sendable (GatewayConfig) -> Value) -> Value {
        config.withLock { part($0) }
    }

    /// Who does not read the configuration at use is told of a new one before it is in force.
    package func onReload(_ consumer: @escaping Consumer) {
        consumers.withLock { $0.append(consumer) }
    }

    /// All who are told of a new configuration are there: until now a ``reload(_:)`` has waited, for it would have reached
    /// only some of them.
    package func begin() { beginning.continuation.finish() }

    /// Puts into force what can be of a new configuration, for everybody or for nobody. One reload at a time.
    /// - Returns: what has changed, and what waits for a restart.
    /// - Throws: when it does not go together, or someone can't take it up: then the old configuration stays.
    package func reload(_ load: () throws -> GatewayConfig) async throws -> ConfigChanges {
        for await _ in beginning.stream {}
        do {
            let changes = try await take(load())
            counts.withLock { ($0.applied, $0.lastWorked) = ($0.applied + 1, true) }
            return changes
        } catch {
            counts.withLock { ($0.refused, $0.lastWorked) = ($0.refused + 1, false) }
            throw error
        }
    }

    var reloads: Reloads { counts.withLock { $0 } }

    private func take(_ new: GatewayConfig) async throws -> ConfigChanges {
        let changes = try ConfigChanges(from: current, to: new)
        var commits: [Commit] = []
        for consumer in consumers.withLock({ $0 }) { commits.append(try await consumer(changes.merged)) }
        for commit in commits { commit() }
        config.withLock { $0 = changes.merged }
        return changes
    }
}
