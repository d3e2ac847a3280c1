import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct ListenLinkTests {
    private let channel: ChannelName

    init() throws { channel = try ChannelName("build:42") }

    @Test func `What is published after attach has returned is announced, and after detach no more`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            let other = try ChannelName("other")
            try await listening.run {
                await listening.link.attach([channel, other])
                _ = await listening.announce(1, "1", on: channel)
                // Queries go another way than notifications.
                await listening.events.until { Listening.announced($0) == ["1"] }
                listening.link.detach([channel])
                await listening.link.attach([channel])
                listening.link.detach([channel])
                await listening.link.attach([other, try ChannelName("third")])
                _ = await listening.announce(2, "2", on: channel)
                _ = await listening.announce(1, "3", on: other)
                await listening.events.until { Listening.announced($0).contains("3") }
                #expect(Listening.announced(listening.events.entries) == ["1", "3"])
            }
        }
    }

    @Test func `The buckets are those that the server reckons`() async throws {
        try await PostgresServer.run { server in
            for name in ["build:42", "news", "a", "task:9f-~+"] {
                let index = try await server.sql("SELECT get_byte(sha256(convert_to('\(name)', 'UTF8')), 0) & 63")
                let bucket = Bucket(of: try ChannelName(name))
                #expect(bucket.index == Int(index))
            }
        }
    }

    @Test func `Ten thousand channels are attached, and all of their announcements come`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            let names = try (0..<10_000).map { try ChannelName("c\($0)") }
            try await listening.run {
                await listening.link.attach(names)
                let listened = try await server.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
                #expect(listened == "1")
                for name in names.prefix(500) { _ = await listening.announce(1, name.rawValue, on: name) }
                await listening.events.until { $0.count == 500 }
                #expect(Listening.announced(listening.events.entries) == names.prefix(500).map(\.rawValue))
            }
        }
    }

    @Test func `A foreign notification is told of once, dropped, and does no harm`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            try await listening.run {
                await listening.link.attach([channel])
                for number in 0..<3 { _ = await listening.notify("hello \(number)", of: channel) }
                _ = await listening.announce(1, "x", on: channel)
                await listening.events.until { Listening.announced($0) == ["x"] }
                #expect(listening.log.entries.filter { $0.contains("no announcement") }.count == 1)
                #expect(listening.events.entries.count == 1)
            }
        }
    }

    @Test func `The server does not end the idle session, and does end one that takes nothing`() async throws {
        try await PostgresServer.run(.init(config: ["idle_session_timeout = '1min'"])) { server in
            let listening = try Listening(server.url)
            try await listening.run {
                let connection = try #require(listening.link.state.withLock { $0.connection })
                #expect(try await connection.query("SHOW idle_session_timeout").text(0, 0) == "0")
                #expect(try await connection.query("SHOW tcp_user_timeout").text(0, 0) == "60000")
            }
        }
    }

    @Test func `What an earlier connection still says is not heard`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            try await listening.run {
                await listening.link.attach([channel])
                let generation = listening.link.state.withLock { $0.generation }
                let notification = PostgresNotification(
                    channel: "telltale_23", payload: "-e \(channel)\n", processID: 1)
                listening.link.received([notification], generation - 1)
                #expect(listening.events.entries.isEmpty)
                listening.link.received([notification], generation)
                #expect(listening.events.entries.count == 1)
            }
        }
    }
}

extension Listening {
    /// The first words of why a ping does not arrive; `nil`: it does.
    var pingFailure: String? {
        get async {
            do throws(PostgresError) {
                try await link.ping()
                return nil
            } catch {
                return error.words.split(separator: ":").first.map(String.init)
            }
        }
    }
}
