import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(1))) struct LinkTests {
    private static let one = Query("SELECT 1")

    /// Links to the server, closed when the body ends.
    private static func run(
        _ server: PostgresServer, _ count: Int = 1, greet: @escaping Link.Greeting = { _ throws(PostgresError) in },
        _ body: ([Link]) async throws -> Void
    ) async throws {
        let executor = PollingExecutor(name: "links")
        defer { executor.shutdown() }
        let target = try PostgresOptions(url: server.url).target
        let links = (0..<count).map { _ in
            Link(purpose: "test", target: target, executor: executor, logger: .silent, greet: greet)
        }
        try await body(links)
        for link in links { link.close() }
    }

    @Test func `A link that was not opened says so at once, and answers when it is`() async throws {
        try await PostgresServer.run { server in
            try await Self.run(server) { links in
                let early = await links[0].query(Self.one, timeout: .seconds(2))
                #expect(early.failure == .unreachable(reason: "Postgres is not connected yet"))
                try await links[0].open()
                #expect(try await links[0].query(Self.one, timeout: .seconds(5)).get().int(0, 0) == 1)
            }
        }
    }

    @Test func `A server that the greeting refuses is not used, and its reason is everyone's`() async throws {
        try await PostgresServer.run { server in
            let refusal = PostgresError.unreachable(reason: "it is a standby")
            try await Self.run(server, greet: { _ throws(PostgresError) in throw refusal }) { links in
                await #expect(throws: refusal) { try await links[0].open() }
                #expect(await links[0].query(Self.one, timeout: .seconds(2)).failure == refusal)
            }
        }
    }

    @Test func `A link that is run comes back after its session was ended, and others keep theirs`() async throws {
        try await PostgresServer.run { server in
            try await Self.run(server, 2) { links in
                for link in links { try await link.open() }
                let process = try links[0].connection.get().server.processID
                let other = try links[1].connection.get().server.processID
                let upkeep = Task { await links[0].run() }
                try await server.sql("SELECT pg_terminate_backend(\(process))")
                while (try? await links[0].query(Self.one, timeout: .seconds(5)).get()) == nil {
                    try await Task.sleep(for: .milliseconds(2))
                }
                #expect(try links[0].connection.get().server.processID != process)
                #expect(try links[1].connection.get().server.processID == other)
                upkeep.cancel()
                await upkeep.value
                #expect(await links[0].query(Self.one, timeout: .seconds(2)).failure != nil)
            }
        }
    }

    @Test func `A pool uses the links that are up, and fails at once when none is`() async throws {
        try await PostgresServer.run { server in
            try await Self.run(server, 2) { links in
                let pool = LinkPool(links: links)
                #expect(await pool.query(Self.one, timeout: .seconds(2)).failure != nil)
                try await links[1].open()
                for _ in 0..<10 { #expect(await pool.query(Self.one, timeout: .seconds(5)).failure == nil) }
            }
        }
    }
}

extension Result<Rows, PostgresError> {
    fileprivate var failure: PostgresError? { if case .failure(let error) = self { error } else { nil } }
}
