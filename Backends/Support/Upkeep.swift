package import Logging

/// A connection that ``Upkeep`` keeps up.
package protocol KeptConnection: Sendable {
    /// Returns when the connection has ended, however it did.
    func waitUntilEnded() async

    /// Ends the connection.
    func end()
}

/// Why there is no connection, in words for the log.
package protocol WordedError: Error {
    /// The reason in one line, without the kind of the error.
    var words: String { get }
}

/// Keeps one connection up: when it ends another is made, after a wait by chance.
package struct Upkeep: Sendable {
    /// The server's product, and what the connection is for: `Redis (commands)`.
    private let name: String
    private let logger: Logger

    package init(of product: String, purpose: String, logger: Logger) {
        name = "\(product) (\(purpose))"
        self.logger = logger
    }

    /// Returns when the task is cancelled; then the connection is closed.
    /// - Parameters:
    ///   - connection: one that stands already.
    ///   - reason: why the last one ended.
    package func run<Connection: KeptConnection, Failure: WordedError>(
        _ connection: Connection?, reason: () -> Failure,
        connect: @Sendable () async throws(Failure) -> Connection
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
                tell(.warning, "connection lost", reason(), &told)
            }
            try? await Task.sleep(for: backoff.next())
            if Task.isCancelled { break }
            do {
                current = try await connect()
                logger.notice("\(name): connected again")
            } catch {
                current = nil
                tell(.warning, "can't connect", error, &told)
            }
        }
        current?.end()
    }

    /// What has been logged since a connection last stood for a while: each reason is, once.
    private struct Told {
        /// Reasons that are remembered, at most; past it they are told again.
        private static let maximum = 32
        private var reasons: Set<String> = []

        mutating func isNews(_ reason: String) -> Bool {
            if reasons.count >= Self.maximum { reasons = [] }
            return reasons.insert(reason).inserted
        }
    }

    private func end(of connection: some KeptConnection) async {
        await withTaskCancellationHandler {
            await connection.waitUntilEnded()
        } onCancel: {
            connection.end()
        }
    }

    private func tell(_ level: Logger.Level, _ message: String, _ failure: some WordedError, _ told: inout Told) {
        guard told.isNews(failure.words) else { return }
        logger.log(level: level, "\(name): \(message)", metadata: ["reason": "\(failure.words)"])
    }
}
