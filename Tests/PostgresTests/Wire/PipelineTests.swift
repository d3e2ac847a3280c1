import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct PipelineTests {
    /// Answers in the order in which they came.
    private final class Answers: Sendable {
        let answers = Locked<[Result<Int64?, PostgresError>]>([])

        func ask(_ queries: [Query], _ connection: PostgresConnection) async {
            await withCheckedContinuation { continuation in
                for (index, query) in queries.enumerated() {
                    connection.submit(query, timeout: PostgresConnection.patience) { [answers] answer in
                        answers.withLock { $0.append(answer.map { $0.int(0, 0) }) }
                        if index == queries.count - 1 { continuation.resume() }
                    }
                }
            }
        }
    }

    @Test func thousandsOfQueriesAreAnsweredInOrderWithErrorsInBetween() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let count = 10_000
                let answers = Answers()
                let queries = (0..<count).map { index in
                    Query("SELECT 1000 / ($1::bigint % 10) * 0 + $1::bigint", [.integer(Int64(index))])
                }
                await answers.ask(queries, connection)
                let given = answers.answers.withLock { $0 }
                #expect(given.count == count)
                for (index, answer) in given.enumerated() {
                    switch answer {
                    case .success(let value): #expect(value == Int64(index) && index % 10 != 0)
                    case .failure(let error): #expect(error.sqlState == "22012" && index % 10 == 0)
                    }
                }
                #expect(connection.underWay == (0, 0))
            }
        }
    }

    @Test func eachQueryIsATransactionOfItsOwn() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let answers = Answers()
                try await connection.query("CREATE TABLE t (id bigint)")
                await answers.ask(
                    [
                        Query("INSERT INTO t VALUES (1)"), Query("INSERT INTO nowhere VALUES (1)"),
                        Query("INSERT INTO t VALUES (2)"), Query("SELECT count(DISTINCT xmin::text) FROM t"),
                    ], connection)
                #expect(try answers.answers.withLock { $0 }.last?.get() == 2)
            }
        }
    }

    @Test func aQueryIsAnsweredWhenItIsCommittedSoAnErrorOfTheCommitIsItsError() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                try await connection.query("CREATE TABLE t (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
                let answers = Answers()
                await answers.ask(
                    [
                        Query("INSERT INTO t VALUES (1)"), Query("INSERT INTO t VALUES (1)"),
                        Query("SELECT count(*) FROM t"),
                    ], connection)
                let given = answers.answers.withLock { $0 }
                #expect(try given[0].get() == nil)
                #expect(given[1].failure?.sqlState == "23505")
                #expect(try given[2].get() == 1)
            }
        }
    }

    @Test func whatIsUnderWayIsBounded() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                server.suspend()
                let refused = Locked(0)
                let (answered, continuation) = AsyncStream<Void>.makeStream()
                for _ in 0..<PostgresConnection.maximumUnderWay + 10 {
                    connection.submit(Query("SELECT 1"), timeout: PostgresConnection.patience) { answer in
                        continuation.yield()
                        if answer.failure?.words.contains("too much is under way") == true {
                            refused.withLock { $0 += 1 }
                        }
                    }
                }
                #expect(refused.withLock { $0 } == 10)
                #expect(connection.underWay.queries == PostgresConnection.maximumUnderWay)
                server.resume()
                for await _ in answered.prefix(PostgresConnection.maximumUnderWay + 10) {}
                #expect(connection.underWay == (0, 0))
                let large = await connection.failure("SELECT $1", [.bytes([UInt8](repeating: 0, count: 129 << 20))])
                #expect(large?.words.contains("too much is under way") == true)
                #expect(refused.withLock { $0 } == 10)
                try await connection.script("SELECT 1")
            }
        }
    }

    @Test func manyThreadsShareAConnection() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let sum = await withTaskGroup(of: Int64.self) { group in
                    for index in 1...1000 {
                        group.addTask {
                            let rows = try? await connection.query("SELECT $1", [.integer(Int64(index))])
                            return rows?.int(0, 0) ?? 0
                        }
                    }
                    return await group.reduce(0, +)
                }
                #expect(sum == 500_500)
            }
        }
    }
}

extension Result {
    var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
