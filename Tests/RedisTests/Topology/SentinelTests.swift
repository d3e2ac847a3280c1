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

@Suite(.serialized) struct SentinelTests {
    @Test(.timeLimit(.minutes(1)))
    func `Publishing and reading go on through a failover, be it forced by a crash or ordered`() async throws {
        try await RedisSentinels.run { set in
            let channel = try ChannelName("build:1")
            try await RedisBroker.reading(set.url(), settings: .trimmingNothing) { reader in
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
                try await set.settle()
                try await publisher.goesOn()
                await publisher.stop()
                try await publishing
                try await Self.expectAllOrLost(publisher.acknowledged, channel, reader)
            }
        }
    }

    /// Every acknowledged message that the channel still has was read, once and in order, with a gap before if the
    /// reader had more than that. What it has not any more an old primary had acknowledged and not passed on.
    private static func expectAllOrLost(
        _ acknowledged: [Acknowledged], _ channel: ChannelName, _ reader: BrokerReader
    ) async throws {
        let last = try #require(acknowledged.last)
        try await reader.reaches(last.data, on: channel)
        let log = try await reader.broker.recover(channel, from: .earliest, limit: .unlimited)
        #expect(log.messages.suffix(20).map(\.data) == acknowledged.suffix(20).map(\.data))
        let read = await reader.dataSinceGap(of: channel)
        #expect(read.count == log.messages.count)
        #expect(zip(read, log.messages).first { $0 != $1.data } == nil)
        // The numbers grow: none is there twice.
        let numbers = log.messages.compactMap { Int($0.data.split(separator: "-")[1]) }
        #expect(zip(numbers, numbers.dropFirst()).first { $0 >= $1 } == nil)
        let misplaced = acknowledged.first { message in
            guard let offset = log.place(of: message.position)?.offset, offset <= log.top else { return false }
            return log.messages[Int(offset) - 1].data != message.data
        }
        #expect(misplaced?.data == nil)
        for recovery in await reader.gaps(of: channel) {
            let gap = try #require(recovery.gap)
            let known = [recovery.epoch] + recovery.predecessors.map(\.epoch)
            // Not even the beginning of the reader's epoch may have been passed on.
            #expect(gap.reason == (known.contains(gap.asked.epoch) ? .future : .epoch))
            #expect(recovery.place(of: gap.asked).map { $0.offset > recovery.top } ?? true)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A primary that was replaced and keeps its connections is left`() async throws {
        try await RedisSentinels.run { set in
            let channel = try ChannelName("build:1")
            // Nothing but the sentinels' word can show that the primary has changed: every other limit is far away.
            try await RedisBroker.reading(set.url("canary=300ms&timeout=60s")) { reader in
                try await reader.follow([channel])
                #expect(try await reader.broker.insist("before", on: channel).refusals == 0)
                try await reader.reaches("before", on: channel)
                set.primary.suspend()
                _ = try await set.successor(of: set.primary)
                try await reader.broker.insist("after", on: channel)
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
