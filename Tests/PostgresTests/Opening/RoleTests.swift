import BrokerCore
import Foundation
import RealServers
import Testing

@testable import PostgresBroker

/// Roles that may not do everything.
@Suite struct RoleTests {
    private static let gateway = "telltale_gateway"

    /// A server whose schema was made by what `telltale schema` prints, and where the grants that it prints were given.
    private func withGrants(
        schema: String = "telltale", _ body: (PostgresServer) async throws -> Void
    ) async throws {
        try await PostgresServer.run { server in
            let script = SchemaScript(schema: schema).printed
            try await server.sql(script)
            let grants = script.components(after: "COMMIT;").replacing("\n-- ", with: "\n")
            try await server.sql(
                ["gateway", "producer", "reader"].map { "CREATE ROLE \"\(schema)_\($0)\" LOGIN;" }.joined())
            let statements = grants.split(separator: ";").filter { $0.contains("GRANT ") }.map { statement in
                statement.split(separator: "\n").drop { !$0.hasPrefix("GRANT") }.joined(separator: "\n")
            }
            try await server.sql(statements.joined(separator: ";\n"))
            try await body(server)
        }
    }

    @Test(arguments: ["telltale", "other_1"])
    func `a role with the printed grants, and the schema that people made, is all that a gateway needs`(
        _ schema: String
    ) async throws {
        try await withGrants(schema: schema) { server in
            try await withBroker(server.url(user: "\(schema)_gateway"), schema: schema) { broker in
                let channel = try ChannelName("a")
                let answers = await broker.publish([Publication(channel: channel, data: "x")])
                #expect(try answers.first?.get().position.offset == 1)
                let limit = RecoveryLimit(messages: 10, bytes: 1000)
                #expect(try await broker.recover(channel, from: .earliest, limit: limit).messages.count == 1)
                #expect(try await broker.inspect(channel)?.top == 1)
                #expect(try await broker.list(ChannelQuery()).map(\.channel) == [channel])
                #expect(try await broker.delete(channel))
                try await broker.ping()
            }
        }
    }

    @Test func `each function that may not be run is named, with the GRANT that mends it`() async throws {
        try await withGrants { server in
            for function in Grants.functions {
                try await server.sql("REVOKE EXECUTE ON FUNCTION telltale.\(function) FROM \(Self.gateway)")
                let line = try #require(try await refusal(server.url(user: Self.gateway)))
                let grant = "GRANT EXECUTE ON FUNCTION telltale.\(function) TO \(Self.gateway)"
                #expect(line.contains("role \(Self.gateway) may not run telltale.\(function)"))
                #expect(line.hasSuffix(grant))
                try await server.sql(grant)
                #expect(try await refusal(server.url(user: Self.gateway)) == nil)
            }
        }
    }

    @Test func `rights on the schema and on its version that are missing are named`() async throws {
        try await withGrants { server in
            for right in ["USAGE ON SCHEMA telltale", "SELECT ON telltale.setting"] {
                try await server.sql("REVOKE \(right) FROM \(Self.gateway)")
                let line = try #require(try await refusal(server.url(user: Self.gateway)))
                #expect(line.hasSuffix(": GRANT \(right) TO \(Self.gateway)"))
                try await server.sql("GRANT \(right) TO \(Self.gateway)")
            }
        }
    }

    @Test func `where there is no schema, the right to create it is asked for`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE ROLE \"small-role\" LOGIN")
            let url = server.url(user: "small-role")
            try await expectRefusal(
                url, saying: "no schema telltale", "may not create it",
                "GRANT CREATE ON DATABASE postgres TO \"small-role\"", "telltale schema | psql postgres")
            try await expectRefusal(url, schema: "other", saying: "telltale schema --schema other | psql")
            try await server.sql("CREATE SCHEMA telltale; GRANT USAGE ON SCHEMA telltale TO \"small-role\"")
            try await expectRefusal(
                url, saying: "no tables of Telltale", "GRANT CREATE, USAGE ON SCHEMA telltale TO \"small-role\"")
            try await server.sql("GRANT CREATE, USAGE ON SCHEMA telltale TO \"small-role\"")
            #expect(try await refusal(url) == nil)
            let owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'message'"
            #expect(try await server.sql(owner) == "small-role")
        }
    }

    @Test func `a role that may only create schemas makes its own`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE ROLE maker LOGIN; GRANT CREATE ON DATABASE postgres TO maker")
            #expect(try await refusal(server.url(user: "maker")) == nil)
        }
    }

    @Test func `verify's schema needs the right to create one, and says so`() async throws {
        try await withGrants { server in
            let options = try PostgresOptions(url: server.url(user: Self.gateway)).sandboxed()
            let refusal = await #expect(throws: PostgresOpeningError.self) {
                _ = try await PostgresBroker.open(options, settings: BrokerSettings(), logger: .silent)
            }
            let line = try #require(refusal?.description)
            #expect(line.contains("GRANT CREATE ON DATABASE postgres TO \(Self.gateway)"))
            // Which puts nothing there that a test could use.
            #expect(!line.contains("telltale schema"))
        }
    }
}

extension String {
    fileprivate func components(after mark: String) -> String {
        guard let range = range(of: "\n\(mark)\n") else { return "" }
        return String(self[range.upperBound...])
    }
}
