import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct SubscriberLinkTests {
    private let channel: ChannelName

    init() throws { channel = try ChannelName("build:42") }

    /// Attaches, lets `fault` break the connection, and looks whether loss and restoration are told, and announcements
    /// come again.
    private func survives(
        _ options: RedisOptions = Links.options, _ fault: (RedisServer, Links) async throws -> Void
    ) async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint, options)
            try await links.run {
                await links.subscriber.attach([channel])
                #expect(await links.publish("before", on: channel).failureWords == nil)
                await links.events.until { Links.announced($0) == ["before"] }
                try await fault(server, links)
                await links.events.until { $0.contains(.continuityRestored(.everything)) }
                let lost = links.events.entries.firstIndex(of: .continuityLost(.everything))
                let restored = links.events.entries.firstIndex(of: .continuityRestored(.everything))
                #expect(try #require(lost) < (try #require(restored)))
                while await links.publish("after", on: channel).failureWords != nil {
                    await links.log.until { lines in
                        lines.last { $0.contains("(commands)") }?.contains("connected again") ?? false
                    }
                }
                await links.events.until { Links.announced($0).contains("after") }
            }
        }
    }

    @Test func `What is published after attach has returned is announced, and after detach no more`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            let other = try ChannelName("other")
            try await links.run {
                await links.subscriber.attach([channel, other])
                _ = await links.publish("1", on: channel)
                links.subscriber.detach([channel])
                // Attaching again waits for the server to have heard of the detaching.
                await links.subscriber.attach([channel])
                links.subscriber.detach([channel])
                await links.subscriber.attach([other, try ChannelName("third")])
                _ = await links.publish("2", on: channel)
                _ = await links.publish("3", on: other)
                await links.events.until { Links.announced($0).contains("3") }
                #expect(links.announced == ["1", "3"])
            }
        }
    }

    @Test func `CLIENT KILL TYPE pubsub`() async throws {
        try await survives { server, _ in try await server.cli("CLIENT", "KILL", "TYPE", "pubsub") }
    }

    @Test func `A crash and a restart`() async throws {
        try await survives { server, links in
            await server.kill()
            await links.events.until { $0.contains(.continuityLost(.everything)) }
            try await server.restart()
        }
    }

    @Test func `A server that stands still`() async throws {
        try await survives(Links.hasty) { server, links in
            server.suspend()
            await links.events.until { $0.contains(.continuityLost(.everything)) }
            server.resume()
        }
    }

    @Test func `A server that pauses its clients`() async throws {
        try await survives(Links.hasty) { server, _ in try await server.cli("CLIENT", "PAUSE", "3000") }
    }

    @Test func `More announcements than the server keeps for a subscriber`() async throws {
        try await survives { server, links in
            try await server.cli("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32kb 32kb 0")
            _ = await links.publish(String(repeating: "x", count: 60_000), on: channel)
            await links.events.until { $0.contains(.continuityLost(.everything)) }
            try await server.cli("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60")
        }
    }

    @Test func `A primary that has moved while the old one still talks`() async throws {
        try await RedisServer.run { new in
            let second = try ChannelName("second")
            try await survives { _, links in
                links.primary.move(to: new.endpoint)
                links.commands.relocate("a test")
                await links.events.until { $0.contains(.continuityRestored(.everything)) }
                await links.subscriber.attach([second])
            }
        }
    }

    @Test func `Attaching while there is no server tells the loss and returns; its return restores it`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                await server.kill()
                await links.events.until { $0.contains(.continuityLost(.everything)) }
                await links.subscriber.attach([channel])
                #expect(links.events.entries.last == .continuityLost(.channels([channel])))
                // The other link hears of the crash by a connection of its own.
                while (try? links.commands.server.get()) != nil { await Task.yield() }
                try await server.restart()
                await links.events.until { $0.last == .continuityRestored(.everything) }
                await links.log.until { $0.contains { $0.contains("(commands): connected again") } }
                #expect(await links.publish("x", on: channel).failureWords == nil)
                await links.events.until { Links.announced($0) == ["x"] }
            }
        }
    }

    @Test func `A foreign message is told of once, dropped, and does no harm`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                await links.subscriber.attach([channel])
                for _ in 0..<3 { try await server.cli("PUBLISH", links.library.key(of: channel), "hello") }
                _ = await links.publish("x", on: channel)
                await links.events.until { Links.announced($0) == ["x"] }
                #expect(links.log.entries.filter { $0.contains("no announcement") }.count == 1)
                #expect(links.events.entries.count == 1)
            }
        }
    }

    @Test func `What an earlier connection still says is not heard`() {
        let links = Links(.host("127.0.0.1", port: 1))
        let message = Reply.array([
            .bulk("message"), .bulk(links.library.key(of: channel)), .bulk("-e\n"),
        ])
        links.subscriber.received([message], links.subscriber.state.withLock { $0.generation } - 1)
        #expect(links.events.entries.isEmpty)
        links.subscriber.received([message], links.subscriber.state.withLock { $0.generation })
        #expect(links.events.entries.count == 1)
    }
}

// MARK: The canary

extension SubscriberLinkTests {
    @Test func `A ping goes through pub/sub and back, and those who ask together share it`() async throws {
        try await RedisServer.run { server in
            var options = Links.options
            options.canaryInterval = .seconds(3600)
            let links = Links(server.endpoint, options)
            try await links.run {
                let results = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<100 { group.addTask { (try? await links.subscriber.ping().get()) != nil } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(results == Array(repeating: true, count: 100))
                let publishes = try await server.cli("INFO", "commandstats").split(whereSeparator: \.isNewline)
                    .first { $0.hasPrefix("cmdstat_publish:calls=") }?.dropFirst("cmdstat_publish:calls=".count)
                    .prefix { $0 != "," }
                // One of them is the start's trial of the permissions.
                #expect(try #require(publishes.flatMap { Int($0) }) < 50)
            }
        }
    }

    @Test func `A ping while the server is gone fails at once, with the reason`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                await server.kill()
                await links.log.until { $0.contains { $0.contains("(announcements): can't connect") } }
                guard case .failure(.unreachable(let reason)) = await links.subscriber.ping() else {
                    return #expect(Bool(false), "it succeeded")
                }
                #expect(reason.contains("connection refused"), "\(reason)")
            }
        }
    }
}
