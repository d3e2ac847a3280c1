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
    /// Whether it is how a server ends a connection that nobody uses: nothing that an operator has to know of.
    var isRoutine: Bool { get }
}

extension WordedError {
    package var isRoutine: Bool { false }
}

/// Keeps one connection up: when it ends another is made, after a wait by chance.
package struct Upkeep: Sendable {
    /// The server's product, and what the connection is for: `Redis (commands)`.
    private let name: String
    private let logger: Logger
    private let shared: SharedWait

    /// - Parameter shared: the waits of all connections to the same server.
    package init(of product: String, purpose: String, logger: Logger, shared: SharedWait = SharedWait()) {
        name = "\(product) (\(purpose))"
        (self.logger, self.shared) = (logger, shared)
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
        var arrivals = shared.arrivals
        // Whether the next connection says something new of the server. Else it wakes nobody: connections that a server
        // takes and ends would wake each other without a pause.
        var isNews = true
        while !Task.isCancelled {
            if let connection = current {
                let since = clock.now
                await end(of: connection)
                if Task.isCancelled { break }
                let life = clock.now - since
                backoff.ended(after: life)
                isNews = life >= Backoff.settled
                if isNews { told = Told() }
                tell("connection lost", reason(), &told)
                arrivals = shared.arrivals
            }
            await shared.wait(backoff.next(), since: arrivals)
            if Task.isCancelled { break }
            arrivals = shared.arrivals
            do {
                current = try await connect()
                logger.log(level: told.isEmpty ? .debug : .notice, "\(name): connected again")
                if isNews { shared.noteArrival() }
            } catch {
                current = nil
                isNews = true
                tell("can't connect", error, &told)
            }
        }
        current?.end()
    }

    /// What has been logged since a connection last stood for a while: each reason is, once.
    private struct Told {
        /// Reasons that are remembered, at most; past it they are told again.
        private static let maximum = 32
        private var reasons: Set<String> = []

        var isEmpty: Bool { reasons.isEmpty }

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

    private func tell(_ message: String, _ failure: some WordedError, _ told: inout Told) {
        guard failure.isRoutine || told.isNews(failure.words) else { return }
        let level = failure.isRoutine ? Logger.Level.debug : .warning
        logger.log(level: level, "\(name): \(message)", metadata: ["reason": "\(failure.words)"])
    }
}
