import BrokerCore
import BrokerSupport
import Logging

/// One gateway of all on a schema leads: it gives relayed publications their offsets, and cleans up. Who leads is decided
/// by an advisory lock of its session, so that the server itself ends a leadership when the gateway or its connection
/// does; another takes over within a second.
final class Leader: Sendable {
    private struct State {
        var candidacy: Candidacy?
        /// Why there is no connection.
        var reason = PostgresError.unreachable(reason: "Postgres is not connected yet")
    }

    private let options: PostgresOptions
    private let executor: PollingExecutor
    private let logger: Logger
    private let shared: SharedWait
    private let notice: Mending.Notice
    private let bell = Bell()
    private let state = Locked(State())

    /// - Parameters:
    ///   - shared: the waits of all connections to the server.
    ///   - notice: takes what the server answers with an error.
    init(
        options: PostgresOptions, executor: PollingExecutor, logger: Logger, shared: SharedWait = SharedWait(),
        notice: @escaping Mending.Notice = { $0 }
    ) {
        (self.options, self.executor, self.logger) = (options, executor, logger)
        (self.shared, self.notice) = (shared, notice)
    }

    /// Whether this gateway leads.
    var leads: Bool { state.withLock { $0.candidacy }?.leads ?? false }

    /// The first connection.
    func open() async throws(PostgresError) { _ = try await connect() }

    /// Leads, or waits to lead, until the task is cancelled; then the connection is closed.
    func run() async {
        let upkeep = Upkeep(of: "Postgres", purpose: "leading", logger: logger, shared: shared)
        await upkeep.run(state.withLock { $0.candidacy }) {
            state.withLock { $0.reason }
        } connect: { () async throws(PostgresError) in
            try await self.connect()
        }
    }

    private func connect() async throws(PostgresError) -> Candidacy {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(
                options.listenTarget, on: executor, logger: logger
            ) { [bell] _ in bell.ring() }
            let candidacy = Candidacy(
                connection: connection, options: options, bell: bell, notice: notice, logger: logger
            ) { [state] reason in state.withLock { $0.reason = reason } }
            state.withLock { $0.candidacy = candidacy }
            return candidacy
        } catch {
            state.withLock { $0.reason = error }
            throw error
        }
    }
}
