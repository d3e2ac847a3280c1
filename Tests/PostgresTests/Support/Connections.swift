import RealServers

@testable import PostgresBroker

/// The thread of all connections of these tests, unless one is about the thread.
let executor = PollingExecutor(name: "tests")

extension PostgresConnection {
    /// For tests that are about something else than time, on machines that are busy.
    static let patience = Duration.seconds(20)

    /// Opens a connection, runs `body` and closes it.
    static func run<Result: Sendable>(
        _ url: String, connectTimeout: Duration = patience, on executor: PollingExecutor = executor,
        notifications: (@Sendable ([PostgresNotification]) -> Void)? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await open(
            url, connectTimeout: connectTimeout, on: executor, notifications: notifications)
        defer { connection.close() }
        return try await body(connection)
    }

    static func open(
        _ url: String, connectTimeout: Duration = patience, on executor: PollingExecutor = executor,
        notifications: (@Sendable ([PostgresNotification]) -> Void)? = nil
    ) async throws -> PostgresConnection {
        var target = try ConnectionTarget(url)
        target.connectTimeout = connectTimeout
        return try await connect(target, on: executor, logger: .silent, notifications: notifications)
    }

    /// What a connection gives up with when it is opened.
    static func failure(_ url: String, connectTimeout: Duration = patience) async -> PostgresError? {
        do {
            try await open(url, connectTimeout: connectTimeout).close()
            return nil
        } catch {
            return error as? PostgresError
        }
    }

    @discardableResult
    func query(_ sql: String, _ parameters: [Parameter] = []) async throws(PostgresError) -> Rows {
        try await query(Query(sql, parameters), timeout: Self.patience)
    }

    func script(_ sql: String) async throws(PostgresError) { try await script(sql, timeout: Self.patience) }

    /// The error of a query that must fail.
    func failure(_ sql: String, _ parameters: [Parameter] = [], timeout: Duration = patience) async -> PostgresError? {
        do throws(PostgresError) {
            _ = try await query(Query(sql, parameters), timeout: timeout)
            return nil
        } catch {
            return error
        }
    }
}
