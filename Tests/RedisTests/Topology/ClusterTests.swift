import BrokerCore
import NIOPosix
import RealServers
import Testing

@testable import RedisBroker

extension RedisCluster {
    func url(_ options: String = "canary=500ms&timeout=1s") -> String {
        "redis+cluster://\(endpoints[0]),\(endpoints[4])?\(options)"
    }

    /// So many channels whose slots are among these.
    static func channels(_ count: Int, in slots: Range<Int> = 0..<HashSlot.count) throws -> [ChannelName] {
        var found: [ChannelName] = []
        for number in 0... {
            if found.count == count { break }
            let channel = try ChannelName("c:\(number)")
            if slots.contains(HashSlot.of(channel)) { found.append(channel) }
        }
        return found
    }
}

@Suite(.serialized) struct ClusterTests {
    @Test(.timeLimit(.minutes(1)))
    func `Channels of every node are published on, announced, listed and removed`() async throws {
        try await RedisCluster.run { cluster in
            let channels = try RedisCluster.channels(120)
            try await RedisBroker.reading(cluster.url()) { reader in
                try await reader.follow(channels)
                try await reader.broker.ping()
                let results = await reader.broker.publish(channels.map { Publication(channel: $0, data: "of \($0)") })
                #expect(
                    results.allSatisfy {
                        if case .success(let receipt) = $0 { receipt.position.offset == 1 } else { false }
                    })
                for channel in channels {
                    try await reader.reaches("of \(channel)", on: channel)
                    #expect(await reader.losses(of: channel) == 0)
                }
                let list = try await reader.broker.list(ChannelQuery())
                #expect(list.map(\.channel) == channels.sorted())
            }
            try await RedisBroker.remove(RedisURL(cluster.url()))
            for server in cluster.primaries { #expect(try await server.cli("DBSIZE") == "0") }
            await SentinelTests.expect(
                "redis://\(cluster.endpoints[0])", "write redis+cluster://\(cluster.endpoints[0])")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Slots that move under load lose and double nothing, also to a node that had none`() async throws {
        try await RedisCluster.run { cluster in
            let newcomer = try await RedisCluster.node()
            try await cluster.add(newcomer)
            let moved = try RedisCluster.channels(3, in: 0..<40)
            let others = try RedisCluster.channels(1, in: 6_000..<6_200) + RedisCluster.channels(1, in: 12_000..<12_200)
            try await RedisBroker.reading(cluster.url(), settings: .trimmingNothing) { reader in
                try await reader.follow(moved + others)
                let publishers = (moved + others).map { NumberPublisher(reader.broker, $0) }
                try await withThrowingTaskGroup { group in
                    for publisher in publishers { group.addTask { try await publisher.run() } }
                    try await publishers[0].goesOn()
                    let step = SlotMove(slot: HashSlot.of(moved[0]), source: cluster.servers[0], target: newcomer)
                    try await step.begin()
                    try await step.moveKeys()
                    try await publishers[0].goesOn()
                    try await step.finish()
                    try await Self.reshard(40, from: cluster.servers[0], to: cluster.servers[1])
                    for publisher in publishers { try await publisher.goesOn() }
                    for publisher in publishers { await publisher.stop() }
                    try await group.waitForAll()
                }
                for publisher in publishers { try await Self.expectAll(of: publisher, in: reader) }
                for channel in others { #expect(await reader.losses(of: channel) == 0) }
                for channel in moved { #expect(await reader.losses(of: channel) > 0) }
            }
            await newcomer.stop()
        }
    }

    private static func reshard(_ slots: Int, from source: RedisServer, to target: RedisServer) async throws {
        _ = try await ServerProcess.output(of: [
            "redis-cli", "--cluster", "reshard", "\(source.endpoint)", "--cluster-from",
            try await source.cli("CLUSTER", "MYID"),
            "--cluster-to", try await target.cli("CLUSTER", "MYID"), "--cluster-slots", "\(slots)", "--cluster-yes",
        ])
    }

    /// Every message was acknowledged at the first attempt, and read once and in order.
    private static func expectAll(of publisher: NumberPublisher, in reader: BrokerReader) async throws {
        let acknowledged = await publisher.acknowledged.map(\.data)
        try await reader.reaches(#require(acknowledged.last), on: publisher.channel)
        let read = await reader.data(of: publisher.channel)
        #expect(read.count == acknowledged.count)
        #expect(zip(read, acknowledged).first { $0 != $1 } == nil)
        let gaps = await reader.gaps(of: publisher.channel).map(\.gap)
        #expect(gaps == [])
        #expect(await publisher.refusals == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Messages arrive while a slot's move stands still`() async throws {
        try await RedisCluster.run { cluster in
            let channel = try RedisCluster.channels(1, in: 0..<100)[0]
            let step = SlotMove(slot: HashSlot.of(channel), source: cluster.servers[0], target: cluster.servers[1])
            try await RedisBroker.reading(cluster.url()) { reader in
                try await reader.follow([channel])
                #expect(try await reader.broker.insist("before", on: channel).refusals == 0)
                try await step.begin()
                try await step.moveKeys()
                // Published by another gateway, so that this one gets no redirection that would tell it of the move.
                try await RedisBroker.reading(cluster.url()) { other in
                    let refusals = try await other.broker.insist("during", on: channel).refusals
                    #expect(refusals == 0)
                }
                try await reader.reaches("during", on: channel)
                try await step.finish()
                #expect(try await reader.broker.insist("after", on: channel).refusals == 0)
                try await reader.reaches("after", on: channel)
                #expect(await reader.data(of: channel) == ["before", "during", "after"])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A crashed primary is replaced by its replica, and the channels of the others do not notice`() async throws {
        try await RedisCluster.run { cluster in
            let hit = try RedisCluster.channels(1, in: 0..<100)[0]
            let safe = try RedisCluster.channels(1, in: 6_000..<6_100)[0]
            // The others serve their slots while these have no primary.
            for server in cluster.servers {
                try await server.cli("CONFIG", "SET", "cluster-require-full-coverage", "no")
            }
            try await RedisBroker.reading(cluster.url(), settings: .trimmingNothing) { reader in
                try await reader.follow([hit, safe])
                let publishers = [NumberPublisher(reader.broker, hit), NumberPublisher(reader.broker, safe)]
                try await withThrowingTaskGroup { group in
                    for publisher in publishers { group.addTask { try await publisher.run() } }
                    for publisher in publishers { try await publisher.goesOn() }
                    await cluster.servers[0].kill()
                    await #expect(throws: BrokerError.self) { try await reader.broker.ping() }
                    for publisher in publishers { try await publisher.goesOn() }
                    for publisher in publishers { await publisher.stop() }
                    try await group.waitForAll()
                }
                #expect(await publishers[0].refusals > 0)
                try await Self.expectAll(of: publishers[1], in: reader)
                #expect(await reader.losses(of: safe) == 0)
                try await reader.reaches(#require(await publishers[0].acknowledged.last).data, on: hit)
                #expect(await reader.losses(of: hit) > 0)
                try await until("announcements arrive from every node") {
                    do {
                        try await reader.broker.ping()
                        return true
                    } catch { return false }
                }
            }
        }
    }

    /// What a cluster of Redis 6.2 has.
    @Test(.timeLimit(.minutes(1)))
    func `Without sharded pub/sub too, a channel follows its slot and its node's failure is its own`() async throws {
        try await RedisCluster.run { cluster in
            for server in cluster.servers {
                try await server.cli("CONFIG", "SET", "cluster-require-full-coverage", "no")
            }
            let hit = try RedisCluster.channels(1, in: 0..<100)[0]
            let safe = try RedisCluster.channels(1, in: 6_000..<6_100)[0]
            let url = try RedisURL(cluster.url())
            let group = MultiThreadedEventLoopGroup.singleton
            var discovery = try await ClusterDiscovery.find(cluster.endpoints, url.options, group)
            discovery.identity.version = "6.2.0"
            let library = Library(settings: BrokerSettings(), prefix: url.options.prefix, sharded: discovery.isSharded)
            let events = BrokerEvents()
            let topology = ClusterTopology(
                discovery, seeds: cluster.endpoints, options: url.options, library: library, group: group,
                logger: .silent, events: events.send)
            let broker = RedisBroker(topology: topology, library: library, events: events, logger: .silent)
            try await topology.open()
            try await BrokerReader.reading(broker) { reader in
                try await reader.follow([hit, safe])
                let step = SlotMove(slot: HashSlot.of(hit), source: cluster.servers[0], target: cluster.servers[1])
                try await step.begin()
                try await step.moveKeys()
                try await step.finish()
                for channel in [hit, safe] {
                    #expect(try await broker.insist("moved", on: channel).refusals == 0)
                    try await reader.reaches("moved", on: channel)
                }
                await cluster.servers[0].kill()
                let third = try RedisCluster.channels(1, in: 100..<200)[0]
                try await reader.follow([third])
                try await broker.insist("after", on: third)
                try await reader.reaches("after", on: third)
                #expect(await reader.losses(of: safe) == 0)
                #expect(await reader.losses(of: third) > 0)
            }
        }
    }

    @Test func `A cluster's URL for something else stops the start with what to write`() async throws {
        try await RedisServer.run { server in
            await SentinelTests.expect("redis+cluster://\(server.endpoint)", "write redis://\(server.endpoint)")
        }
        let node = try await RedisCluster.node()
        await SentinelTests.expect("redis+cluster://\(node.endpoint)", "serves no slots")
        await node.stop()
        await SentinelTests.expect("redis+cluster://\(node.endpoint)", "can't be reached")
        await SentinelTests.expect("redis+cluster://\(node.endpoint)/3", "database 0 only")
    }
}
