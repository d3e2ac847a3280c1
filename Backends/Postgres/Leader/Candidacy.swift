import BrokerCore
import BrokerSupport
import Logging

/// One connection with which a gateway leads or waits to lead.
final class Candidacy: KeptConnection {
    /// How often a gateway that does not lead asks whether it may.
    private static let interval = Duration.seconds(1)
    /// What one query may take.
    private static let timeout = Duration.seconds(10)

    private let connection: PostgresConnection
    private let options: PostgresOptions
    private let logger: Logger
    private let bell: Bell
    private let notice: Mending.Notice
    private let leading = Locked(false)
    private let ending: @Sendable (PostgresError) -> Void

    /// - Parameters:
    ///   - bell: rings with every notification of the connection.
    ///   - notice: takes what the server answers with an error.
    ///   - ending: takes the reason when the connection has ended.
    init(
        connection: PostgresConnection, options: PostgresOptions, bell: Bell, notice: @escaping Mending.Notice,
        logger: Logger, ending: @escaping @Sendable (PostgresError) -> Void
    ) {
        (self.connection, self.options, self.bell) = (connection, options, bell)
        (self.notice, self.logger, self.ending) = (notice, logger, ending)
    }

    var leads: Bool { leading.withLock { $0 } }

    func waitUntilEnded() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.campaign() }
            ending(await connection.waitUntilClosed())
            group.cancelAll()
        }
        leading.withLock { $0 = false }
    }

    func end() { connection.close() }

    /// Asks until the lock is ours, and then leads. An error of the server's ends the connection: another is tried.
    private func campaign() async {
        do throws(PostgresError) {
            _ = try await connection.query(Self.patience, timeout: Self.timeout)
            while !Task.isCancelled {
                if try await wins() { return try await lead() }
                try? await Task.sleep(for: Self.interval)
            }
        } catch {
            connection.close(reason: error.words)
        }
    }

    private func wins() async throws(PostgresError) -> Bool {
        let number = AdvisoryLock.leader.number(schema: options.schema)
        let query = Query("SELECT pg_try_advisory_lock($1)", [.integer(number)])
        return try await connection.query(query, timeout: Self.timeout).bool(0, 0) ?? false
    }

    private func lead() async throws(PostgresError) {
        leading.withLock { $0 = true }
        logger.info("Postgres: this gateway relays and cleans up", metadata: ["schema": "\(options.schema)"])
        _ = try await connection.query(Query("LISTEN \"\(options.schema)_relay\""), timeout: Self.timeout)
        let relay = Relay(connection: connection, options: options, bell: bell, notice: notice, logger: logger)
        let cleaner = Cleaner(connection: connection, options: options, notice: notice, logger: logger)
        await withDiscardingTaskGroup { group in
            group.addTask { await cleaner.run() }
            await relay.run()
            group.cancelAll()
        }
    }

    /// Lets the server end the session, and with it the leadership, of a gateway whose machine has gone or whose process
    /// stands still: within about 5 seconds. Not all servers have all of these; over a unix socket some mean nothing.
    private static let patience = SessionSettings.query([
        ("idle_session_timeout", "5000"), ("tcp_keepalives_idle", "2"), ("tcp_keepalives_interval", "1"),
        ("tcp_keepalives_count", "3"), ("tcp_user_timeout", "5000"),
    ])
}
