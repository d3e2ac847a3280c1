import BrokerCore
import RealServers

@testable import PostgresBroker

/// A transaction of someone else that holds a channel's row until it is released.
struct RowHolder {
    private let server: PostgresServer
    private let session: Task<Void, Never>

    /// The channel must be there.
    static func hold(_ channel: String, on server: PostgresServer) async throws -> RowHolder {
        let statement = "SELECT FROM telltale.channel WHERE name = '\(channel)' FOR UPDATE"
        // Ends with an error when its session is terminated.
        let session = Task { _ = try? await server.sql("BEGIN; \(statement); SELECT pg_sleep(600)") }
        while try await server.sql(Self.sleepers("count(*)")) == "0" { try Task.checkCancellation() }
        return RowHolder(server: server, session: session)
    }

    func release() async throws {
        try await server.sql(Self.sleepers("pg_terminate_backend(pid)"))
        await session.value
    }

    private static func sleepers(_ what: String) -> String {
        "SELECT \(what) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    }
}
