import RealServers
import Testing

@testable import PostgresBroker

/// Where `broker.postgres.listen_url` leads, or should lead.
@Suite struct ListenPathTests {
    @Test func `a pooler of transactions is found out, and listen_url mends it`() async throws {
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { pooler in
                try await expectRefusal(
                    pooler.url(), saying: "notifications do not arrive", "set broker.postgres.listen_url")
                try await withBroker(pooler.url(), listenURL: server.url) { try await $0.ping() }
            }
        }
    }

    @Test func `a listen_url to another database, another server or a standby is refused`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE DATABASE other")
            try await expectRefusal(
                server.url, listenURL: server.url(database: "other"), saying: "broker.postgres.listen_url",
                "database other, and broker.url to postgres")
            try await PostgresServer.run { elsewhere in
                try await expectRefusal(server.url, listenURL: elsewhere.url, saying: "postgres of another server")
            }
            try await expectRefusal(
                server.url, listenURL: "postgres://postgres:hush@127.0.0.1:\(LoopbackPort.free())/postgres",
                saying: "broker.postgres.listen_url", "Connection refused")
        }
    }
}
