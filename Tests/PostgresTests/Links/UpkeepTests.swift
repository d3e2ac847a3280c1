import BrokerCore
import BrokerSupport
import Logging
import RealServers
import Testing

@testable import PostgresBroker

/// What keeps connections up, for brokers of all kinds.
@Suite(.timeLimit(.minutes(2))) struct UpkeepTests {
    @Test func `When one of many reaches a server that was away, the others don't wait out their time`() async throws {
        let server = AbsentServer()
        let shared = SharedWait()
        await withDiscardingTaskGroup { group in
            for _ in 0..<Self.many {
                let upkeep = Upkeep(of: "Test", purpose: "test", logger: .silent, shared: shared)
                group.addTask { await upkeep.run(nil as Idle?, reason: { .lost }, connect: server.connect) }
            }
            // They wait up to two seconds by now, each its own: so many would never come within one by chance.
            await server.attempts.until { $0.count >= 8 * Self.many }
            server.isThere.withLock { $0 = true }
            await server.arrivals.until { $0.count == Self.many }
            group.cancelAll()
        }
        let times = server.arrivals.entries
        #expect(try #require(times.max()) - #require(times.min()) < .seconds(1))
    }

    private static let many = 32

    @Test func `A connection that a server ends because it was idle comes back without a word`() async throws {
        try await PostgresServer.run(Self.impatient) { server in
            let log = Journal<String>()
            var logger = Logger(to: log)
            logger.logLevel = .info
            // What is asked over such a one is another's to set.
            try await withBroker(server.url, listenURL: server.url, logger: logger) { _ in
                let before = try await Self.sessions(server)
                // Over one of them the canary is sent, and those for listening and leading are direct.
                try await until("the idle ones have ended") {
                    try await Self.sessions(server).intersection(before).count <= 3
                }
                try await until("they are there again") { try await Self.sessions(server).count >= before.count }
            }
            #expect(!log.entries.contains { $0.contains("lost") || $0.contains("again") }, "\(log.entries)")
        }
    }

    @Test func `Direct connections are not ended because they are idle`() async throws {
        try await PostgresServer.run(Self.impatient) { server in
            try await withBroker(server.url) { _ in
                let before = try await Self.sessions(server)
                let other = try await PostgresConnection.open(server.url)
                #expect(await other.waitUntilClosed().isRoutine)
                #expect(try await Self.sessions(server) == before)
            }
        }
    }

    /// Ends what is idle for longer than opening a handle takes.
    private static let impatient = PostgresServer.Options(config: ["idle_session_timeout = '12s'"])

    private static func sessions(_ server: PostgresServer) async throws -> Set<Substring> {
        Set(
            try await server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'telltale' ORDER BY 1")
                .split(separator: "\n"))
    }
}

/// A connection that nothing ends but its owner.
private struct Idle: KeptConnection {
    private let ended = OneShot<Bool>()

    func waitUntilEnded() async { _ = await ended.value(within: .seconds(3600)) }
    func end() { ended.set(true) }
}

private enum Loss: WordedError {
    case lost
    var words: String { "lost" }
}

/// A server that can't be reached before its time.
private final class AbsentServer: Sendable {
    let isThere = Locked(false)
    let attempts = Journal<ContinuousClock.Instant>()
    let arrivals = Journal<ContinuousClock.Instant>()

    @Sendable func connect() async throws(Loss) -> Idle {
        guard isThere.withLock({ $0 }) else {
            attempts.add([.now])
            throw .lost
        }
        arrivals.add([.now])
        return Idle()
    }
}
