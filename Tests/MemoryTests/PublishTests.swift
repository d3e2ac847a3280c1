import BrokerCore
import MemoryBroker
import Testing

@Suite struct PublishTests {
    @Test func `offsets are 1, 2, 3 of one epoch, whichever handle publishes`() async throws {
        let world = try World()
        var receipts: [Receipt] = []
        for handle in [world.writer, world.reader, world.writer] {
            let answers = await handle.publish([Publication(channel: world.channel, data: "x")])
            receipts.append(try #require(answers.first).get())
        }
        #expect(receipts.map(\.position.offset) == [1, 2, 3])
        #expect(Set(receipts.map(\.position.epoch)).count == 1)
    }

    @Test func `each publication of a batch is for itself, answered in order`() async throws {
        let world = try World(messageBytes: 3)
        let answers = await world.writer.publish(
            ["a", "long", "b"].map { Publication(channel: world.channel, data: $0) })
        #expect(try answers[0].get().position.offset == 1)
        #expect(throws: BrokerError.tooLarge(bytes: 4, limit: 3)) { try answers[1].get() }
        #expect(try answers[2].get().position.offset == 2)
    }

    @Test func `a key answers with the first position for five minutes, whatever else is said`() async throws {
        let world = try World()
        let first = try await world.publish("a", fence: 5, closes: true, key: "k")
        world.clock.advance(by: .seconds(299))
        let again = try await world.publish("b", keeping: .logged, expect: 9, fence: 1, key: "k")
        #expect(again == Receipt(position: first.position, duplicate: true))
        world.clock.advance(by: .seconds(1))
        await #expect(throws: BrokerError.closed(top: 1)) { try await world.publish("b", key: "k") }
    }

    @Test func `a refused publication leaves its key free`() async throws {
        let world = try World()
        let key = try RetainKey.named("state")
        await #expect(throws: BrokerError.conflict(current: 0)) {
            try await world.publish("a", keeping: .loggedAndRetained(key), expect: 1, key: "k")
        }
        #expect(try await world.reader.inspect(world.channel) == nil)
        #expect(try await world.publish("a", key: "k").duplicate == false)
    }

    @Test func `a key of a deleted channel is forgotten with it, and sweeping it spares the new one`() async throws {
        let world = try World()
        _ = try await world.publish("a", key: "k")
        world.clock.advance(by: .seconds(100))
        _ = try await world.reader.delete(world.channel)
        _ = try await world.publish("another begins the new epoch")
        let second = try await world.publish("b", key: "k")
        #expect(!second.duplicate)
        world.clock.advance(by: .seconds(250))
        world.store.sweep()
        #expect(try await world.publish("b", key: "k") == Receipt(position: second.position, duplicate: true))
    }

    @Test func `expect holds for the retained message of its key`() async throws {
        let world = try World()
        let state = Keeping.loggedAndRetained(try .named("state"))
        #expect(try await world.publish("1", keeping: state, expect: 0).position.offset == 1)
        _ = try await world.publish("other")
        #expect(try await world.publish("3", keeping: state, expect: 1).position.offset == 3)
        await #expect(throws: BrokerError.conflict(current: 3)) {
            try await world.publish("4", keeping: state, expect: 1)
        }
        await #expect(throws: BrokerError.expectWithoutKey) { try await world.publish("4", expect: 3) }
    }

    @Test func `a lower fence is refused, an equal one goes through`() async throws {
        let world = try World()
        _ = try await world.publish("a", fence: 2)
        await #expect(throws: BrokerError.fenced(highest: 2)) { try await world.publish("b", fence: 1) }
        _ = try await world.publish("b", fence: 2)
        _ = try await world.publish("c")
        #expect(try await world.reader.inspect(world.channel)?.fence == 2)
    }

    @Test func `a closed channel takes only a higher fence, which opens it`() async throws {
        let world = try World()
        _ = try await world.publish("a", fence: 1, closes: true)
        for fence in [nil, 0, 1] as [UInt64?] {
            await #expect(throws: BrokerError.closed(top: 1)) { try await world.publish("b", fence: fence) }
        }
        await #expect(throws: BrokerError.conflict(current: 0)) {
            try await world.publish("b", keeping: .conflated(try .named("k")), expect: 7, fence: 2)
        }
        #expect(try await world.reader.inspect(world.channel)?.closed == true)
        #expect(try await world.publish("b", fence: 2).position.offset == 2)
        #expect(try await world.reader.inspect(world.channel)?.closed == false)
    }

    @Test func `racing publishers never share an offset, and expect lets one through`() async throws {
        let world = try World(RetentionPolicy(messages: 10_000))
        let state = Keeping.loggedAndRetained(try .named("state"))
        let won = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var won = 0
                    for _ in 0..<500 {
                        _ = try? await world.publish("x")
                        if (try? await world.publish("s", keeping: state, expect: 0)) != nil { won += 1 }
                    }
                    return won
                }
            }
            return await group.reduce(0, +)
        }
        #expect(won == 1)
        #expect(try await world.recover(.earliest).messages.map(\.offset) == Array(1...4001))
    }
}
