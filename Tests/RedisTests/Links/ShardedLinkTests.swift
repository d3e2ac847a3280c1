import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct ShardedLinkTests {
    private func runNode(_ body: @Sendable (RedisServer, Links) async throws -> Void) async throws {
        var options = RedisServerOptions()
        options.isClusterNode = true
        try await RedisServer.run(options) { server in
            try await server.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            while try await server.cli("CLUSTER", "INFO").contains("cluster_state:fail") {}
            let links = Links(server.endpoint, kind: .cluster)
            try await links.run { try await body(server, links) }
        }
    }

    @Test func `Announcements come by sharded pub/sub, and continuity is told of the link's channels`() async throws {
        let (a, b) = (try ChannelName("a"), try ChannelName("b"))
        try await runNode { server, links in
            await links.subscriber.attach([a, b])
            _ = await links.publish("1", on: a)
            await links.events.until { Links.announced($0) == ["1"] }
            try await server.cli("CLIENT", "KILL", "TYPE", "pubsub")
            await links.events.until { events in
                var continuity = Continuity()
                for event in events { continuity.note(event) }
                let told = events.contains { if case .continuityLost(.channels) = $0 { true } else { false } }
                return told && !continuity.isLost(on: a) && !continuity.isLost(on: b)
            }
            _ = await links.publish("2", on: b)
            await links.events.until { Links.announced($0) == ["1", "2"] }
        }
    }

    @Test func `A channel whose slot is not the server's any more is handed back`() async throws {
        let (a, b) = (try ChannelName("a"), try ChannelName("b"))
        try await runNode { server, links in
            await links.subscriber.attach([a])
            let slot = try await server.cli("CLUSTER", "KEYSLOT", "a")
            try await server.cli("CONFIG", "SET", "cluster-require-full-coverage", "no")
            try await server.cli("CLUSTER", "DELSLOTS", slot)
            await links.handedBack.until { $0 == [a] }
            #expect(links.events.entries.last == .continuityLost(.channels([a])))
            await links.subscriber.attach([a, b])
            await links.handedBack.until { $0 == [a, a] }
            _ = await links.publish("x", on: b)
            await links.events.until { Links.announced($0) == ["x"] }
        }
    }
}
