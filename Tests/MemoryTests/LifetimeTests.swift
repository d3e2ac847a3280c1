import BrokerCore
import MemoryBroker
import Testing

@Suite struct LifetimeTests {
    @Test func `a channel is gone in every respect when its time is over, swept or not`() async throws {
        let world = try World(RetentionPolicy(ttl: .seconds(100)))
        let first = try await world.publish("a", keeping: .loggedAndRetained(try .named("state")), fence: 7, key: "k")
        world.clock.advance(by: .seconds(99))
        #expect(try await world.recover(.earliest).messages.count == 1)
        world.clock.advance(by: .seconds(1))
        #expect(try await world.reader.inspect(world.channel) == nil)
        #expect(try await world.reader.list(ChannelQuery()).isEmpty)
        #expect(try await world.recover(.after(first.position)).gap?.reason == .epoch)
        #expect(try await world.reader.delete(world.channel) == false)
        let second = try await world.publish("b", fence: 1, key: "k")
        #expect(second.position.offset == 1 && !second.duplicate)
        #expect(second.position.epoch != first.position.epoch)
    }

    @Test func `each message prolongs the channel's life, a refusal does not`() async throws {
        let world = try World(RetentionPolicy(ttl: .seconds(100)))
        _ = try await world.publish("a", fence: 2)
        world.clock.advance(by: .seconds(60))
        _ = try await world.publish("b")
        world.clock.advance(by: .seconds(60))
        world.store.sweep()
        await #expect(throws: BrokerError.fenced(highest: 2)) { try await world.publish("c", fence: 1) }
        world.clock.advance(by: .seconds(40))
        world.store.sweep()
        #expect(world.store.footprint == 0)
        #expect(try await world.reader.inspect(world.channel) == nil)
    }

    @Test func `a closed channel lives as long as its own setting says`() async throws {
        let world = try World(RetentionPolicy(ttl: .seconds(1000), ttlAfterClose: .seconds(10)))
        _ = try await world.publish("a")
        _ = try await world.publish("b", fence: 1, closes: true)
        world.clock.advance(by: .seconds(9))
        _ = try await world.publish("c", fence: 2)
        world.clock.advance(by: .seconds(100))
        #expect(try await world.reader.inspect(world.channel)?.top == 3)
        _ = try await world.publish("d", closes: true)
        world.clock.advance(by: .seconds(10))
        world.store.sweep()
        #expect(world.store.footprint == 0)
    }

    @Test func `sweeping gives all memory back, of channels and of keys`() async throws {
        let world = try World(RetentionPolicy(ttl: .seconds(100)))
        for index in 0..<5000 {
            _ = try await world.publish("x", key: "k", on: try ChannelName("c\(index)"))
        }
        world.clock.advance(by: .seconds(100))
        world.store.sweep()
        #expect(try await world.reader.list(ChannelQuery()).isEmpty)
        world.clock.advance(by: .seconds(200))
        world.store.sweep()
        #expect(world.store.footprint == 0)
    }

    @Test func `channels made and deleted over and over still expire`() async throws {
        let world = try World(RetentionPolicy(ttl: .seconds(100)))
        for _ in 0..<5000 {
            _ = try await world.publish("x")
            #expect(try await world.reader.delete(world.channel))
        }
        _ = try await world.publish("x")
        world.clock.advance(by: .seconds(100))
        world.store.sweep()
        #expect(world.store.footprint == 0)
    }

    @Test func `a full store refuses, says so, changes nothing, and takes again when there is room`() async throws {
        let world = try World(RetentionPolicy(ttl: .seconds(100)), capacity: 10_000)
        let other = try ChannelName("other")
        _ = try await world.publish(String(repeating: "x", count: 8000))
        let before = try await world.reader.inspect(world.channel)
        let footprint = world.store.footprint
        for channel in [world.channel, other] {
            let refusal = await #expect(throws: BrokerError.self) {
                try await world.publish(String(repeating: "x", count: 2000), key: "k", on: channel)
            }
            guard case .unavailable(let reason) = refusal else { throw try #require(refusal) }
            #expect(reason.contains("full") && reason.contains("10000 bytes"))
        }
        #expect(try await world.reader.inspect(world.channel) == before)
        #expect(try await world.reader.inspect(other) == nil)
        #expect(world.store.footprint == footprint)
        world.clock.advance(by: .seconds(100))
        #expect(try await !world.publish(String(repeating: "x", count: 2000), key: "k", on: other).duplicate)
    }

    @Test func `keys fill the store too`() async throws {
        let world = try World(RetentionPolicy(messages: 1), capacity: 100_000)
        await #expect(throws: BrokerError.self) {
            for index in 0..<1000 { _ = try await world.publish("", key: "key \(index)".replacing(" ", with: "-")) }
        }
        world.clock.advance(by: .seconds(300))
        _ = try await world.publish("")
    }

    @Test func `a list comes in pages, in the byte order of names, by prefix`() async throws {
        let world = try World()
        for name in ["b:2", "a", "b:1", "b:10", "c", "B:0"] {
            _ = try await world.publish("x", on: try ChannelName(name))
        }
        func names(_ query: ChannelQuery) async throws -> [String] {
            try await world.reader.list(query).map(\.channel.rawValue)
        }
        #expect(try await names(ChannelQuery()) == ["B:0", "a", "b:1", "b:10", "b:2", "c"])
        #expect(try await names(ChannelQuery(prefix: "b:", limit: 2)) == ["b:1", "b:10"])
        #expect(try await names(ChannelQuery(prefix: "b:", after: try ChannelName("b:10"), limit: 2)) == ["b:2"])
        #expect(try await names(ChannelQuery(limit: 0)).isEmpty)
    }
}
