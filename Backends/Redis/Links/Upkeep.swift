import BrokerSupport
import Logging
import NIOCore

/// Keeps one connection up: when it ends another is made, after a wait by chance.
struct Upkeep: Sendable {
    /// What the connection is for, for the log.
    let purpose: String
    let logger: Logger

    /// Returns when the task is cancelled; then the connection is closed.
    /// - Parameters:
    ///   - connection: one that stands already.
    ///   - reason: why the last one ended.
    func run(
        _ connection: RedisConnection?, reason: () -> RedisError,
        connect: @Sendable () async throws(RedisError) -> RedisConnection
    ) async {
        let clock = ContinuousClock()
        var backoff = Backoff()
        var current = connection
        var told = Told()
        while !Task.isCancelled {
            if let connection = current {
                let since = clock.now
                await end(of: connection)
                if Task.isCancelled { break }
                let life = clock.now - since
                backoff.ended(after: life)
                if life >= Backoff.settled { told = Told() }
                if told.isNews(reason()) { log(.warning, "connection lost", reason()) }
            }
            try? await Task.sleep(for: backoff.next())
            if Task.isCancelled { break }
            do {
                current = try await connect()
                log(.notice, "connected again", nil)
            } catch {
                current = nil
                if told.isNews(error) { log(.warning, "can't connect", error) }
            }
        }
        current?.close()
    }

    /// What has been logged since a connection last stood for a while: each reason is, once.
    private struct Told {
        /// Reasons that are remembered, at most; past it they are told again.
        private static let maximum = 32
        private var reasons: Set<RedisError> = []

        mutating func isNews(_ reason: RedisError) -> Bool {
            if reasons.count >= Self.maximum { reasons = [] }
            return reasons.insert(reason).inserted
        }
    }

    private func end(of connection: RedisConnection) async {
        await withTaskCancellationHandler {
            _ = try? await connection.closed.get()
        } onCancel: {
            connection.close()
        }
    }

    private func log(_ level: Logger.Level, _ message: String, _ reason: RedisError?) {
        let reason = reason.map { ["reason": Logger.MetadataValue.string($0.words)] }
        logger.log(level: level, "Redis (\(purpose)): \(message)", metadata: reason)
    }
}

extension RedisError {
    /// The reason, without the kind.
    var words: String {
        switch self {
        case .unreachable(let reason): reason
        case .refused(let words), .unusable(let words): words
        }
    }
}
