import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct PoolerTests {
    @Test func queriesPassAPoolerInTransactionMode() async throws {
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { bouncer in
                try await PostgresConnection.run(bouncer.url()) { connection in
                    try await connection.script("CREATE TABLE t (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
                    let sum = Locked(0)
                    let (done, continuation) = AsyncStream<Void>.makeStream()
                    for index in 0..<3000 {
                        let query = Query(
                            "INSERT INTO t SELECT 1000 / ($1::bigint % 10 - 11) * 0 + $1 / 2",
                            [.integer(Int64(index))])
                        connection.submit(query, timeout: PostgresConnection.patience) { answer in
                            if case .success = answer { sum.withLock { $0 += 1 } }
                            if index == 2999 { continuation.finish() }
                        }
                    }
                    for await _ in done {}
                    let rows = try await connection.query("SELECT count(*) FROM t")
                    #expect(rows.int(0, 0).map { Int($0) } == sum.withLock { $0 })
                    #expect(sum.withLock { $0 } == 1500)
                    let before = try await connection.query("SELECT pg_backend_pid()")
                    try await server.sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                        """)
                    // Whoever asks before the pooler has noticed is told of the loss: not this connection.
                    try await until("the pooler has another session") {
                        (try? await PostgresConnection.run(bouncer.url()) { try await $0.query("SELECT 1") }) != nil
                    }
                    let after = try await connection.query("SELECT pg_backend_pid()")
                    #expect(before.int(0, 0) != after.int(0, 0))
                }
            }
        }
    }

    /// More than the pooler and the system take at once, so that it gets them in parts; more connections than it has.
    @Test func `what many send at once through a pooler is not mixed up`() async throws {
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { bouncer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<12 {
                        group.addTask {
                            try await PostgresConnection.run(bouncer.url()) { try await Self.echo(client, over: $0) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    private static func echo(_ client: Int, over connection: PostgresConnection) async throws {
        let ballast = String(repeating: "x", count: 100_000)
        for round in 0..<10 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    let name = "\(client) \(round) \(number)"
                    let query = Query("SELECT $1::text, length($2::text)", [.text(name), .text(ballast)])
                    group.addTask {
                        let rows = try await connection.query(query, timeout: PostgresConnection.patience)
                        #expect(rows.text(0, 0) == name)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `the server's last words are heard behind a pooler, which adds its own`() async throws {
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { bouncer in
                try await PostgresConnection.run(bouncer.url()) { connection in
                    let answer = Task { try await connection.query("SELECT pg_sleep(60)") }
                    try await until("the query is ended") {
                        try await server.sql(
                            """
                            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                            WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()
                            """)
                        return !connection.isOpen
                    }
                    let error = await #expect(throws: PostgresError.self) { _ = try await answer.value }
                    #expect(error?.words.hasSuffix("due to administrator command [57P01]") == true, "\(error as Any)")
                }
            }
        }
    }
}
