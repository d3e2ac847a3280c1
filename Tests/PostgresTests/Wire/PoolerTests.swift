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
}
