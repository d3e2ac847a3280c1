import BrokerCore
import Logging
import RealServers
import Testing

@testable import PostgresBroker

@Suite struct SchemaInstallationTests {
    @Test func `gateways that start at once on an empty database make one schema`() async throws {
        try await PostgresServer.run { server in
            let url = server.url
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await withBroker(url) { try await $0.ping() } }
                }
                try await group.waitForAll()
            }
            #expect(try await server.sql("SELECT version FROM telltale.setting") == "\(SchemaScript.version)")
        }
    }

    @Test func `a schema that is newer, or of no known version, is left alone`() async throws {
        try await PostgresServer.run { server in
            #expect(try await refusal(server.url) == nil)
            try await server.sql("UPDATE telltale.setting SET version = 7")
            try await expectRefusal(server.url, saying: "of version 7", "run the newer Telltale")
            try await server.sql("UPDATE telltale.setting SET version = 0")
            try await expectRefusal(server.url, saying: "of version 0", "broker.postgres.schema")
        }
    }

    @Test func `a function that someone has dropped is named`() async throws {
        try await PostgresServer.run { server in
            #expect(try await refusal(server.url) == nil)
            try await server.sql("DROP FUNCTION telltale.relay")
            try await expectRefusal(server.url, saying: "telltale.relay is missing")
        }
    }

    @Test func `the settings are put in force, and whoever replaces others is told`() async throws {
        try await PostgresServer.run { server in
            let log = Journal<String>()
            try await withBroker(server.url, logger: Logger(to: log)) { _ in }
            try await withBroker(server.url, logger: Logger(to: log)) { _ in }
            #expect(!log.entries.contains { $0.contains("settings") })
            let settings = BrokerSettings(
                retention: RetentionPolicy(messages: 5), namespaces: ["build": RetentionPolicy(messages: 6)],
                messageBytes: 3)
            try await withBroker(server.url, publish: .relay, settings: settings, logger: Logger(to: log)) { _ in }
            let replaced = "the settings of a gateway with others have been replaced"
            #expect(log.entries.contains { $0.contains(replaced) })
            #expect(try await server.sql("SELECT message_bytes, publish FROM telltale.setting") == "3|relay")
            let policies = "SELECT string_agg(prefix || messages, ' ' ORDER BY prefix) FROM telltale.policy"
            #expect(try await server.sql(policies) == "5 build:6")
        }
    }

    @Test func `removal takes the schema and nothing else, also when there is none`() async throws {
        try await PostgresServer.run { server in
            let options = try PostgresOptions(url: server.url).sandboxed()
            #expect(options.schema.utf8.count <= PostgresOptions.maximumSchemaBytes)
            try await PostgresBroker.remove(options)
            #expect(try await refusal(server.url) == nil)
            #expect(try await refusal(server.url, schema: options.schema) == nil)
            try await PostgresBroker.remove(options)
            let schemas = "SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname LIKE 'telltale%'"
            #expect(try await server.sql(schemas) == "telltale")
        }
    }

    @Test func `upgrades are taken one after the other, once, whoever starts`() async throws {
        try await PostgresServer.run { server in
            #expect(try await refusal(server.url) == nil)
            let upgrades = [
                SchemaUpgrade(version: 3, sql: "CREATE TABLE @schema@.added (name text DEFAULT '@name@')"),
                SchemaUpgrade(version: 4, sql: "INSERT INTO @schema@.added DEFAULT VALUES"),
            ]
            try await server.sql("CREATE ROLE other LOGIN; GRANT USAGE ON SCHEMA telltale TO other")
            try await server.sql("GRANT SELECT ON telltale.setting TO other")
            let refusal = await #expect(throws: Obstacle.self) {
                try await install(server.url(user: "other"), upgrades)
            }
            #expect("\(String(describing: refusal))".contains("start a gateway as role postgres once"))
            let url = server.url
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await install(url, upgrades) } }
                try await group.waitForAll()
            }
            #expect(try await server.sql("SELECT version FROM telltale.setting") == "4")
            #expect(try await server.sql("SELECT name FROM telltale.added") == "telltale")
        }
    }
}

private func install(_ url: String, _ upgrades: [SchemaUpgrade]) async throws {
    let executor = PollingExecutor(name: "test")
    defer { executor.shutdown() }
    let target = try ConnectionTarget(url)
    let connection = try await PostgresConnection.connect(target, on: executor, logger: .silent)
    defer { connection.close() }
    let facts = try await connection.ask(ServerFacts.query) { ServerFacts($0) }
    let script = SchemaScript(schema: "telltale")
    _ = try await SchemaInstallation(
        connection: connection, facts: facts, script: script, logger: .silent, upgrades: upgrades
    ).run()
}
