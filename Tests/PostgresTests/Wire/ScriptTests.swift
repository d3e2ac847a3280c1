import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct ScriptTests {
    @Test func aScriptIsOneTransaction() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                try await connection.script("CREATE TABLE t (id bigint); INSERT INTO t VALUES (1); SELECT 1; ;")
                do throws(PostgresError) {
                    try await connection.script("INSERT INTO t VALUES (2); SELECT 1 / 0; INSERT INTO t VALUES (3)")
                    Issue.record("it did not fail")
                } catch {
                    #expect(error.sqlState == "22012")
                }
                #expect(try await connection.query("SELECT count(*) FROM t").int(0, 0) == 1)
            }
        }
    }

    @Test func aScriptRunsBetweenTheQueriesBeforeAndBehindIt() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                try await connection.query("CREATE TABLE t (id bigserial, name text)")
                let holder = try await PostgresConnection.open(server.url)
                defer { holder.close() }
                try await holder.query("SELECT pg_advisory_lock(1)")
                connection.submit(
                    Query("INSERT INTO t (name) SELECT 'before' FROM pg_advisory_xact_lock(1)"),
                    timeout: PostgresConnection.patience
                ) { _ in }
                async let script: Void = connection.script("BEGIN; INSERT INTO t (name) VALUES ('script'); COMMIT")
                while connection.underWay.queries == 1 { await Task.yield() }
                async let last = connection.query("INSERT INTO t (name) VALUES ('behind')")
                while connection.underWay.queries == 2 { await Task.yield() }
                try await holder.query("SELECT pg_advisory_unlock(1)")
                _ = try await (script, last)
                let rows = try await connection.query("SELECT name FROM t ORDER BY id")
                #expect((0..<rows.count).map { rows.text($0, 0) } == ["before", "script", "behind"])
            }
        }
    }

    @Test(arguments: ["BEGIN; SELECT 1", "BEGIN; SELECT 1 / 0"])
    func aTransactionThatAScriptLeavesOpenIsRolledBack(_ sql: String) async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                do throws(PostgresError) {
                    try await connection.script(sql)
                    Issue.record("it did not fail")
                } catch {
                    #expect(error.sqlState == (sql.contains("/") ? "22012" : "25001"))
                }
                try await connection.query("CREATE TABLE t (id bigint)")
                #expect(try await server.sql("SELECT count(*) FROM t") == "0")
            }
        }
    }
}
