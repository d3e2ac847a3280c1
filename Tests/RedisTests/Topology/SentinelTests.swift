import BrokerCore
import NIOPosix
import RealServers
import Testing

@testable import RedisBroker

extension RedisSentinels {
    func url(_ options: String = "canary=300ms&timeout=1s", master: String = master) -> String {
        "redis+sentinel://\(endpoints.map(\.description).joined(separator: ","))/\(master)?\(options)"
    }
}

/// Publishes numbers on a channel, one after the other, each until it is acknowledged.
actor NumberPublisher {
    let channel: ChannelName
    private let broker: RedisBroker
    private(set) var acknowledged: [String] = []
    private(set) var refusals = 0
    private var isOver = false

    init(_ broker: RedisBroker, _ channel: ChannelName) { (self.broker, self.channel) = (broker, channel) }

    func run() async throws {
        while !isOver {
            let data = "\(channel)-\(acknowledged.count + 1)"
            refusals += try await broker.insist(data, on: channel)
            acknowledged.append(data)
        }
    }

    func stop() { isOver = true }

    /// Waits until so many more are acknowledged.
    func goesOn(_ count: Int = 20) async throws {
        let goal = acknowledged.count + count
        try await until("publishing goes on") { self.acknowledged.count >= goal }
    }
}

@Suite(.serialized) struct SentinelTests {
    @Test(.timeLimit(.minutes(1)))
    func `Publishing and reading go on through a failover, be it forced by a crash or ordered`() async throws {
        try await RedisSentinels.run { set in
            let channel = try ChannelName("build:1")
            // The reader may be away for a while; what it comes back for shall not be trimmed.
            let settings = BrokerSettings(retention: RetentionPolicy(messages: 1_000_000, bytes: 1 << 30))
            try await RedisBroker.reading(set.url(), settings: settings) { reader in
                try await reader.follow([channel])
                let publisher = NumberPublisher(reader.broker, channel)
                async let publishing: Void = publisher.run()
                try await publisher.goesOn()
                await set.primary.kill()
                let second = try await set.successor(of: set.primary)
                try await publisher.goesOn()
                // Both links have arrived, so that the next failover interrupts both.
                try await until("announcements come") { (try? await reader.broker.ping()) != nil }
                let losses = await reader.losses(of: channel)
                #expect(losses > 0)
                try await set.failOver()
                _ = try await set.successor(of: second)
                try await until("the old primary is left") { await reader.losses(of: channel) > losses }
                // What it still acknowledges is lost, so the end shall be of the new one.
                try await second.follows()
                try await publisher.goesOn()
                await publisher.stop()
                try await publishing
                let acknowledged = await publisher.acknowledged
                try await reader.reaches(#require(acknowledged.last), on: channel)
                try await Self.expectAllOrGap(acknowledged, channel, reader)
            }
        }
    }

    /// Every acknowledged message was read, once and in order. What an old primary had acknowledged and not passed on
    /// is lost; then there is a gap. The reader's epoch is unknown after it if not even its beginning was passed on.
    private static func expectAllOrGap(
        _ acknowledged: [String], _ channel: ChannelName, _ reader: BrokerReader
    ) async throws {
        let data = await reader.data(of: channel)
        let gaps = await reader.gaps(of: channel)
        if gaps.isEmpty {
            #expect(data == acknowledged)
        } else {
            let now = try await reader.broker.recover(channel, from: .latest, limit: .unlimited)
            let known = [now.epoch] + now.predecessors.map(\.epoch)
            for gap in gaps { #expect(gap.reason == (known.contains(gap.asked.epoch) ? .future : .epoch)) }
            #expect(data.suffix(20) == acknowledged.suffix(20))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A primary that was replaced and keeps its connections is left`() async throws {
        try await RedisSentinels.run { set in
            let channel = try ChannelName("build:1")
            // Nothing but the sentinels' word can show that the primary has changed: every other limit is far away.
            try await RedisBroker.reading(set.url("canary=300ms&timeout=60s")) { reader in
                try await reader.follow([channel])
                #expect(try await reader.broker.insist("before", on: channel) == 0)
                try await reader.reaches("before", on: channel)
                set.primary.suspend()
                _ = try await set.successor(of: set.primary)
                _ = try await reader.broker.insist("after", on: channel)
                try await reader.reaches("after", on: channel)
                #expect(await reader.data(of: channel) == ["before", "after"])
            }
        }
    }

    @Test func `A start that can't succeed says why in one line`() async throws {
        var options = RedisServerOptions()
        options.users = ["reader on >secret ~* &* +@all"]
        var sentinelOptions = RedisServerOptions()
        sentinelOptions.users = ["default off", "watch on >hush ~* &* +@all"]
        sentinelOptions.kind = .sentinel
        try await RedisServer.run(sentinelOptions) { sentinel in
            let watched = "sentinel_user=watch&sentinel_password=hush"
            let place = sentinel.endpoint
            await Self.expect("redis+sentinel://\(place)/nobody?\(watched)", "do not know the master nobody")
            await Self.expect("redis+sentinel://\(place)/nobody", "sentinel_user")
            await Self.expect("redis+sentinel://\(place)/nobody?sentinel_user=watch&sentinel_password=x", "password")
        }
        try await RedisServer.run(options) { server in
            let place = server.endpoint
            await Self.expect("redis+sentinel://\(place)/m", "\(place) is no sentinel: write redis://\(place)")
            await server.shutDown()
            await Self.expect("redis+sentinel://\(place)/m", "no sentinel can be reached (\(place))")
        }
    }

    static func expect(_ url: String, _ words: String, _ location: SourceLocation = #_sourceLocation) async {
        do {
            _ = try await RedisBroker.open(
                RedisURL(url), settings: BrokerSettings(),
                logger: .silent)
            Issue.record("the start succeeded", sourceLocation: location)
        } catch {
            let line = "\(error)"
            #expect(line.contains(words), sourceLocation: location)
            #expect(
                !line.contains("\n") && !line.contains("hush") && !line.contains("secret"), sourceLocation: location)
        }
    }
}
