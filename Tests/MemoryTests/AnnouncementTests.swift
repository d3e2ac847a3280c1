import BrokerCore
import MemoryBroker
import Testing

@Suite struct AnnouncementTests {
    @Test func `every handle that has the channel attached hears of it, once, and of nothing else`() async throws {
        let world = try World()
        try await world.reader.attach([world.channel, world.channel])
        try await world.reader.attach([world.channel])
        try await world.writer.attach([world.channel])
        _ = try await world.publish("x", on: try ChannelName("other"))
        let receipt = try await world.publish("p", keeping: .conflated(try .named("progress")), closes: true)
        for handle in [world.reader, world.writer] {
            let events = try #require(await handle.events.next())
            guard events.count == 1, case .published(let announcement) = events[0] else {
                Issue.record("one announcement, not \(events)")
                continue
            }
            #expect(announcement.message.position == receipt.position)
            #expect(announcement.message.data == "p" && announcement.conflated && announcement.closes)
        }
    }

    @Test func `a batch is announced as one`() async throws {
        let world = try World()
        try await world.reader.attach([world.channel])
        _ = await world.writer.publish((0..<50).map { Publication(channel: world.channel, data: "\($0)") })
        #expect(await world.reader.events.next()?.count == 50)
    }

    @Test func `refusals and duplicates are not announced`() async throws {
        let world = try World()
        _ = try await world.publish("a", fence: 2, key: "k")
        try await world.reader.attach([world.channel])
        _ = try await world.publish("a", key: "k")
        _ = try? await world.publish("a", fence: 1)
        let sentinel = try await world.publish("sentinel")
        #expect(offsets(await world.reader.events.next()) == [sentinel.position.offset])
    }

    @Test func `after detaching nothing comes`() async throws {
        let world = try World()
        let other = try ChannelName("other")
        try await world.reader.attach([world.channel, other])
        await world.reader.detach([world.channel])
        _ = try await world.publish("a")
        _ = try await world.publish("sentinel", on: other)
        #expect(await world.reader.events.next()?.count == 1)
    }

    @Test func `deletion is announced with the epoch that is gone; the next message begins another`() async throws {
        let world = try World()
        try await world.reader.attach([world.channel])
        let epoch = try await world.publish("a").position.epoch
        #expect(try await world.writer.delete(world.channel))
        let reborn = try await world.publish("b")
        let events = try #require(await world.reader.events.next())
        #expect(events.count == 3 && events[1] == .deleted(world.channel, epoch))
        #expect(reborn.position.epoch != epoch && reborn.position.offset == 1)
    }

    @Test func `under racing publishers announcements come in offset order and without holes`() async throws {
        let world = try World()
        try await world.reader.attach([world.channel])
        let publishers = 8
        let each = 1000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<publishers {
                group.addTask { for _ in 0..<each { _ = try await world.publish("x") } }
            }
            var seen: [UInt64] = []
            while seen.count < publishers * each { seen += offsets(await world.reader.events.next()) }
            #expect(seen == Array(1...UInt64(publishers * each)))
            try await group.waitForAll()
        }
    }

    @Test func `what attach and recovery bring together is everything, once, however publishers race`() async throws {
        let world = try World(RetentionPolicy(messages: 100_000))
        let count: UInt64 = 3000
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<count { _ = try await world.publish("x") } }
            for _ in 0..<4 {
                group.addTask {
                    let handle = MemoryBroker(store: world.store)
                    try await handle.attach([world.channel])
                    let recovery = try await handle.recover(world.channel, from: .earliest, limit: .unlimited)
                    var seen = recovery.messages.map(\.offset)
                    while (seen.last ?? 0) < count {
                        seen += offsets(await handle.events.next()).filter { $0 > recovery.top }
                    }
                    #expect(seen == Array(1...count))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a cancelled run ends the handle's events`() async throws {
        let world = try World()
        try await world.reader.attach([world.channel])
        let run = Task { try await world.reader.run() }
        run.cancel()
        try await run.value
        #expect(await world.reader.events.next() == nil)
        try await world.writer.ping()
        _ = try await world.publish("goes on")
    }

    private func offsets(_ events: [BrokerEvent]?) -> [UInt64] {
        (events ?? []).compactMap { event in
            if case .published(let announcement) = event { announcement.message.offset } else { nil }
        }
    }
}
