import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite struct SchemaMendingTests {
    @Test func `A schema that is dropped under a running gateway is made again, and that is logged once`()
        async throws
    {
        try await PostgresServer.run { server in
            let log = Journal<String>()
            let settings = BrokerSettings(messageBytes: 5)
            try await withBroker(server.url, settings: settings, logger: .init(to: log)) { broker in
                let old = try await broker.say("a=1").get().position
                try await Self.drop(server)
                try await until("it is there again") { try await broker.say("a=2").unavailability == nil }
                #expect(try await broker.inspect(ChannelName("a"))?.epoch != old.epoch)
                try await until("its settings are there again") {
                    try await broker.say("a=123456").failure == .tooLarge(bytes: 6, limit: 5)
                }
                try await broker.ping()
                #expect(log.entries.filter { $0.contains("the schema had gone") }.count == 1)
            }
        }
    }

    @Test func `A schema that is dropped while nobody publishes is made again, too`() async throws {
        try await PostgresServer.run { server in
            try await withBroker(server.url) { _ in
                try await Self.drop(server)
                try await until("it is there again") {
                    try await server.sql("SELECT to_regclass('telltale.message') IS NOT NULL") == "t"
                }
            }
        }
    }

    @Test func `Where the role may not make it, the reason says so, and it is used when someone has`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE ROLE maker LOGIN; GRANT CREATE ON DATABASE postgres TO maker")
            try await withBroker(server.url(user: "maker")) { broker in
                try await server.sql("REVOKE CREATE ON DATABASE postgres FROM maker")
                try await Self.drop(server)
                try await until("the reason is told") {
                    let reason = try await broker.say("a=1").unavailability
                    return reason?.contains("GRANT CREATE ON DATABASE postgres TO maker") == true
                }
                try await server.sql("GRANT CREATE ON DATABASE postgres TO maker")
                try await until("it is there again") { try await broker.say("a=2").unavailability == nil }
            }
        }
    }

    @Test func `A function that is dropped under a running gateway is named`() async throws {
        try await PostgresServer.run { server in
            try await withBroker(server.url) { broker in
                _ = try await broker.say("a=1").get()
                try await server.sql("DROP FUNCTION telltale.append")
                try await until("the reason is told") {
                    try await broker.say("a=2").unavailability?.contains("telltale.append is missing") == true
                }
                #expect(try await broker.content(of: "a") == ["1"])
            }
        }
    }

    private static func drop(_ server: PostgresServer) async throws {
        // What the gateway does at this moment may have its locks in another order.
        try await until("it is dropped") { (try? await server.sql("DROP SCHEMA telltale CASCADE")) != nil }
    }
}
