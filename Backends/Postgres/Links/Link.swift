import BrokerCore
import BrokerSupport
import Logging

/// One connection to the server, kept up. While it is down everything fails at once, with the reason.
final class Link: Sendable {
    /// What is done on every connection before it is used, the first included: whether the server is one that can be.
    typealias Greeting = @Sendable (PostgresConnection) async throws(PostgresError) -> Void

    private enum State {
        case down(PostgresError)
        case up(PostgresConnection)
    }

    private let state = Locked(State.down(.unreachable(reason: "Postgres is not connected yet")))
    private let purpose: String
    private let target: ConnectionTarget
    private let executor: PollingExecutor
    private let logger: Logger
    private let greet: Greeting
    private let notice: Mending.Notice
    private let shared: SharedWait

    /// - Parameters:
    ///   - purpose: what the connection is for, for the log.
    ///   - shared: the waits of all links to the same server.
    init(
        purpose: String, target: ConnectionTarget, executor: PollingExecutor, logger: Logger,
        shared: SharedWait = SharedWait(), greet: @escaping Greeting = { _ throws(PostgresError) in },
        notice: @escaping Mending.Notice = { $0 }
    ) {
        (self.purpose, self.target, self.executor) = (purpose, target, executor)
        (self.logger, self.shared, self.greet, self.notice) = (logger, shared, greet, notice)
    }

    /// The connection, while the link is up; why it is not, else.
    var connection: Result<PostgresConnection, PostgresError> {
        state.withLock { state in
            switch state {
            case .up(let connection): .success(connection)
            case .down(let error): .failure(error)
            }
        }
    }

    /// The first connection.
    func open() async throws(PostgresError) { _ = try await connect() }

    /// Keeps the link up until the task is cancelled; then it is down for good.
    func run() async {
        let first = (try? connection.get()).map { Kept(link: self, connection: $0) }
        await Upkeep(of: "Postgres", purpose: purpose, logger: logger, shared: shared).run(first) {
            if case .failure(let error) = self.connection { error } else { Self.ended }
        } connect: { () async throws(PostgresError) in
            Kept(link: self, connection: try await self.connect())
        }
    }

    /// Closes a link that is not run (any more).
    func close() {
        if case .success(let connection) = connection { leave(connection, Self.ended) }
    }

    /// Sends a query behind what is under way. Safe to call from any thread; makes no task.
    ///
    /// - Parameter completion: called once, before `submit` returns if the link is down.
    func submit(_ query: Query, timeout: Duration, completion: @escaping PostgresConnection.Completion) {
        switch connection {
        case .failure(let error): completion(.failure(error))
        case .success(let connection):
            connection.submit(query, timeout: timeout) { result in
                if case .failure(let error) = result, error.isOfStandby { self.leave(connection, error) }
                completion(result.mapError(self.notice))
            }
        }
    }

    func query(_ query: Query, timeout: Duration) async -> Result<Rows, PostgresError> {
        await withCheckedContinuation { continuation in
            submit(query, timeout: timeout) { continuation.resume(returning: $0) }
        }
    }

    // MARK: Connecting

    private static let ended = PostgresError.unreachable(reason: "the connection ended")

    private func connect() async throws(PostgresError) -> PostgresConnection {
        do throws(PostgresError) {
            let connection = try await greeted()
            state.withLock { $0 = .up(connection) }
            return connection
        } catch {
            state.withLock { $0 = .down(error) }
            throw error
        }
    }

    private func greeted() async throws(PostgresError) -> PostgresConnection {
        let connection = try await PostgresConnection.connect(target, on: executor, logger: logger)
        do throws(PostgresError) {
            try await greet(connection)
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    /// The link is down, if this connection was its last.
    fileprivate func leave(_ connection: PostgresConnection, _ reason: PostgresError) {
        state.withLock { state in
            if case .up(let current) = state, current === connection { state = .down(reason) }
        }
        connection.close()
    }
}

/// What upkeep keeps: when the connection has ended, the link is down before the reason is asked for.
private struct Kept: KeptConnection {
    let link: Link
    let connection: PostgresConnection

    func waitUntilEnded() async { link.leave(connection, await connection.waitUntilClosed()) }

    func end() { connection.close() }
}

extension PostgresError: WordedError {
    /// Behind a pooler nothing keeps the server, or it, from ending a session that was idle.
    package var isRoutine: Bool {
        // What ends a connection keeps the server's last word as text only.
        if case .unreachable(let reason) = self { reason.hasSuffix("[\(Self.idleTimeout)]") } else { false }
    }

    private static let idleTimeout = "57P05"
}
