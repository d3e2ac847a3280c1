import BrokerCore
import Foundation
import RealServers
import Testing

@testable import PostgresBroker

/// A schema of version 1, in use, becomes one of this version.
@Suite struct SchemaUpgradeTests {
    /// As version 1 was.
    private static func former() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("integration/postgres/schema/version-1.sql")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// All that the schema is made of, but for its data and for who may use it.
    private static let definition = """
        SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
            SELECT pg_get_functiondef(p.oid) AS line FROM pg_proc AS p
            WHERE p.pronamespace = 'telltale'::regnamespace
            UNION ALL SELECT concat_ws(' ', c.relname, c.relkind, c.reloptions, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, obj_description(c.oid))
            FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'telltale'::regnamespace
            UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
            WHERE c.relnamespace = 'telltale'::regnamespace
            UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger AS t
            WHERE t.tgrelid = 'telltale.pending'::regclass
        ) AS lines
        """

    @Test func `an upgraded schema is what a new one is, and keeps its channels`() async throws {
        try await PostgresServer.run { server in
            #expect(try await refusal(server.url) == nil)
            let new = try await server.sql(Self.definition)
            try await server.sql("DROP SCHEMA telltale CASCADE")
            try await server.sql(Self.former())
            try await server.sql("SELECT telltale.publish('a', 'kept'), telltale.task('7', 'started', title => 't')")
            try await server.sql("UPDATE telltale.setting SET publish = 'relay'")
            try await server.sql("SELECT telltale.task('7', 'finished')")
            try await withBroker(server.url) { broker in
                #expect(try await broker.content(of: "a") == ["kept"])
                try await until("what version 1 left to the relay has an offset") {
                    try await broker.inspect(ChannelName("task:7"))?.closed == true
                }
            }
            #expect(try await server.sql("SELECT version FROM telltale.setting") == "\(SchemaScript.version)")
            #expect(try await server.sql(Self.definition) == new)
        }
    }

    @Test func `whoever was granted something has what belongs to it now, and nobody else`() async throws {
        try await PostgresServer.run { server in
            try await server.sql(Self.former())
            try await server.sql(
                """
                CREATE ROLE gateway LOGIN; CREATE ROLE producer LOGIN; CREATE ROLE other LOGIN;
                GRANT USAGE ON SCHEMA telltale TO gateway, producer, other;
                GRANT SELECT ON telltale.setting TO gateway;
                GRANT EXECUTE ON FUNCTION telltale.configure, telltale.append, telltale.recover, telltale.fetch,
                    telltale.inspect, telltale.list, telltale.remove, telltale.relay, telltale.clean TO gateway;
                GRANT EXECUTE ON FUNCTION telltale.task TO producer
                """)
            try await expectRefusal(server.url(user: "gateway"), saying: "start a gateway as role postgres once")
            #expect(try await refusal(server.url) == nil)
            #expect(try await refusal(server.url(user: "gateway")) == nil)
            func mayRun(_ role: String) async throws -> String {
                try await server.sql(
                    """
                    SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc AS p
                    WHERE p.pronamespace = 'telltale'::regnamespace AND has_function_privilege('\(role)', p.oid, 'EXECUTE')
                    """)
            }
            #expect(try await mayRun("producer") == "task")
            #expect(try await mayRun("other") == "")
            #expect(try await mayRun("gateway") == Grants.functions.sorted().joined(separator: " "))
        }
    }
}
