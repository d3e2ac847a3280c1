import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// With real servers: who leads, and what the leader does.
@Suite struct LeaderTests {
    @Test(arguments: [PostgresOptions.Publish.relay, .notify])
    func `publications that their transactions only wrote are announced in order`(
        _ publish: PostgresOptions.Publish
    ) async throws {
        try await PostgresServer.run { server in
            try await withBroker(server.url, publish: publish) { broker in
                let channel = try ChannelName("a")
                try await broker.attach([channel])
                // Of a transaction that is not READ COMMITTED, every publication is left to the relay.
                for number in 1...5 {
                    try await server.sql(
                        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT telltale.publish('a', '\(number)'); COMMIT")
                }
                #expect(try await published(5, by: broker) == ["1", "2", "3", "4", "5"])
                #expect(try await server.sql("SELECT count(*) FROM telltale.outbox") == "0")
            }
        }
    }

    @Test func `when the leader's session ends, or its gateway, another leads and relays within seconds`()
        async throws
    {
        try await PostgresServer.run { server in
            try await withBroker(server.url, publish: .relay) { reader in
                try await reader.attach([try ChannelName("a")])
                try await withBroker(server.url, publish: .relay) { _ in
                    for number in 1...3 {
                        try await server.sql("SELECT telltale.publish('a', '\(number)')")
                        #expect(try await published(1, by: reader) == ["\(number)"])
                        let killed = "SELECT count(pg_terminate_backend(pid)) FROM (\(Self.leaders)) AS l"
                        #expect(try await server.sql(killed) == "1")
                    }
                }
                try await server.sql("SELECT telltale.publish('a', '4')")
                #expect(try await published(1, by: reader) == ["4"])
            }
        }
    }

    @Test func `one leads at a time in each schema, and when its process has gone another does`() async throws {
        try await PostgresServer.run { server in
            for schema in ["telltale", "other"] { try await withBroker(server.url, schema: schema) { _ in } }
            try await Candidate.run(server.url) { first in
                try await until("the first leads") { first.leader.leads }
                try await Candidate.run(server.url) { second in
                    try await Candidate.run(server.url, schema: "other") { other in
                        try await until("the other schema has a leader") { other.leader.leads }
                        try await until("the second has asked") { try await server.sql(Self.refused) == "1" }
                        #expect(first.leader.leads && !second.leader.leads)
                        first.executor.shutdown()
                        try await until("the second leads") { second.leader.leads }
                        #expect(!first.leader.leads)
                    }
                }
            }
        }
    }

    @Test func `what is over goes by itself`() async throws {
        let settings = BrokerSettings(retention: RetentionPolicy(messages: 3, ttl: .seconds(1)))
        try await PostgresServer.run { server in
            try await withBroker(server.url, settings: settings) { broker in
                let channel = try ChannelName("a")
                for _ in 0..<10 { _ = await broker.publish([Publication(channel: channel, data: "x")]) }
                try await until("all rows of the channel have gone") {
                    let counts = ["channel", "message"].map { "(SELECT count(*) FROM telltale.\($0))" }
                    return try await server.sql("SELECT \(counts.joined(separator: " + "))") == "0"
                }
            }
        }
    }

    @Test func `the leader cleans over its own session, and takes none from those who publish`() async throws {
        try await PostgresServer.run { server in
            #expect(try await refusal(server.url) == nil)
            try await server.sql(
                """
                CREATE OR REPLACE FUNCTION telltale.clean(max integer) RETURNS integer LANGUAGE sql
                AS 'SELECT 0 FROM pg_sleep(600)'
                """)
            try await withBroker(server.url) { _ in
                try await until("it cleans") {
                    try await server.sql("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                        == server.sql(Self.leaders)
                }
            }
        }
    }

    @Test func `a server that was restarted has a leader again`() async throws {
        try await PostgresServer.run { server in
            try await withBroker(server.url, publish: .relay) { broker in
                try await server.sql("SELECT telltale.publish('a', '1')")
                await server.kill()
                try await server.restart()
                try await server.sql("SELECT telltale.publish('a', '2')")
                let channel = try ChannelName("a")
                try await until("both are in the log") {
                    let limit = RecoveryLimit(messages: 10, bytes: 1000)
                    let found = try? await broker.recover(channel, from: .earliest, limit: limit)
                    return found?.messages.map(\.data) == ["1", "2"]
                }
            }
        }
    }

    /// How many sessions have asked for the lock last, and so have not got it.
    private static let refused =
        """
        SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND state = 'idle'
        """

    /// The sessions that hold a leader's lock.
    private static let leaders =
        """
        SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND a.application_name LIKE 'telltale%'
        """
}

/// A gateway that does nothing but lead, with a thread of its own.
private struct Candidate {
    let executor: PollingExecutor
    let leader: Leader

    static func run(
        _ url: String, schema: String = "telltale", isolation: isolated (any Actor)? = #isolation,
        _ body: (Candidate) async throws -> Void
    ) async throws {
        let executor = PollingExecutor(name: "candidate")
        defer { executor.shutdown() }
        let options = try PostgresOptions(url: url, schema: schema)
        let leader = Leader(options: options, executor: executor, logger: .silent)
        try await leader.open()
        let running = Task { await leader.run() }
        defer { running.cancel() }
        try await body(Candidate(executor: executor, leader: leader))
    }
}

/// The data of the next announcements.
private func published(_ count: Int, by broker: PostgresBroker) async throws -> [String] {
    var found: [String] = []
    while found.count < count {
        let events = try await withTimeLimit { await broker.events.next() }
        guard let events = try #require(events) else { break }
        for case .published(let announcement) in events { found.append(announcement.message.data) }
    }
    return found
}

/// What `body` gives, or `nil` if it takes longer than anyone should wait.
private func withTimeLimit<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async throws -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await body() }
        group.addTask {
            try? await Task.sleep(for: .seconds(20))
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}
