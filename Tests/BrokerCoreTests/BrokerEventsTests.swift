import BrokerCore
import Testing

@Suite struct BrokerEventsTests {
    private func published(_ offset: UInt64, data: String = "x") throws -> BrokerEvent {
        let message = Message(
            channel: try ChannelName("a"), epoch: try #require(Epoch("e")), offset: offset, event: .message,
            data: data, format: .text, time: 0, retain: nil)
        return .published(Announcement(message: message, conflated: false, closes: false))
    }

    @Test func `what has gathered comes at once and in order`() async throws {
        let events = BrokerEvents()
        let sent = try (1...3).map { try published($0) }
        events.send(Array(sent[..<2]))
        events.send(Array(sent[2...]))
        #expect(await events.next() == sent)
    }

    @Test func `a waiting consumer gets what comes`() async throws {
        let events = BrokerEvents()
        async let received = events.next()
        events.send([.continuityLost(.everything)])
        #expect(await received == [.continuityLost(.everything)])
    }

    @Test func `past the bound of events there is a loss of continuity instead of a silent loss`() async throws {
        let events = BrokerEvents(capacity: 2)
        events.send([try published(1), try published(2)])
        events.send([try published(3)])
        #expect(await events.next() == [.continuityLost(.everything), .continuityRestored(.everything)])
        events.send([try published(4)])
        #expect(await events.next() == [try published(4)])
    }

    @Test func `past the bound of bytes too`() async throws {
        let events = BrokerEvents(dataCapacity: 10)
        events.send([try published(1, data: "12345"), try published(2, data: "12345")])
        events.send([try published(3, data: "1")])
        #expect(await events.next() == [.continuityLost(.everything), .continuityRestored(.everything)])
        events.send([try published(4, data: "1234567890")])
        #expect(await events.next() == [try published(4, data: "1234567890")])
    }

    @Test func `an overflow does not claim what the broker has not restored`() async throws {
        let events = BrokerEvents(capacity: 2)
        events.send([.continuityLost(.everything)])
        events.send([try published(1), try published(2)])
        #expect(await events.next() == [.continuityLost(.everything)])
        events.send([.continuityRestored(.everything)])
        #expect(await events.next() == [.continuityRestored(.everything)])
    }

    private static let overflow = [BrokerEvent.continuityLost(.everything), .continuityRestored(.everything)]

    @Test func `an overflow restores everything but the channels that the broker has not restored`() async throws {
        let (a, b) = (try ChannelName("a"), try ChannelName("b"))
        let events = BrokerEvents(capacity: 2)
        events.send([.continuityLost(.channels([a, b]))])
        events.send([.continuityRestored(.channels([b])), try published(1), try published(2)])
        #expect(await events.next() == Self.overflow + [.continuityLost(.channels([a]))])
        events.send([.continuityRestored(.channels([a]))])
        events.send([try published(1), try published(2)])
        #expect(await events.next() == Self.overflow)
    }

    @Test func `an overflow while everything is lost restores the channels that the broker has restored`() async throws
    {
        let a = try ChannelName("a")
        let events = BrokerEvents(capacity: 2)
        events.send([.continuityLost(.everything), .continuityRestored(.channels([a]))])
        events.send([try published(1)])
        #expect(await events.next() == [.continuityLost(.everything), .continuityRestored(.channels([a]))])
        events.send([.continuityRestored(.everything)])
        #expect(await events.next() == [.continuityRestored(.everything)])
    }

    @Test func `names count towards the bound of bytes`() async throws {
        let names = try (10..<20).map { try ChannelName("channel-\($0)") }
        let events = BrokerEvents(dataCapacity: 10 * (10 + MemoryLayout<ChannelName>.size))
        events.send([.continuityLost(.channels(names))])
        #expect(await events.next() == [.continuityLost(.channels(names))])
        events.send([.continuityRestored(.channels(names))])
        events.send([try published(1)])
        #expect(await events.next() == Self.overflow)
    }

    /// Whatever was dropped, who hears what is left knows of each channel what the broker has said last.
    @Test func `no overflow claims what is not restored, or keeps back what is`() async throws {
        let names = try (0..<4).map { try ChannelName("channel-\($0)") }
        for seed in UInt64(0)..<500 {
            var chance = Chance(state: seed)
            let events = BrokerEvents(capacity: 3)
            var (said, heard) = (Continuity(), Continuity())
            for _ in 0..<40 {
                let some = names.filter { _ in chance.oneIn(2) }
                let extent: BrokerEvent.Extent = chance.oneIn(4) ? .everything : .channels(some)
                let event: BrokerEvent =
                    switch chance.below(3) {
                    case 0: .continuityLost(extent)
                    case 1: .continuityRestored(extent)
                    default: try published(1)
                    }
                events.send([event])
                said.note(event)
                guard chance.oneIn(5) else { continue }
                for event in await events.next() ?? [] { heard.note(event) }
                #expect(names.allSatisfy { said.isLost(on: $0) == heard.isLost(on: $0) }, "seed \(seed)")
            }
        }
    }

    @Test func `after the end the consumer gets what waits, then nothing`() async throws {
        let events = BrokerEvents()
        events.send([try published(1)])
        events.finish()
        events.send([try published(2)])
        #expect(await events.next() == [try published(1)])
        #expect(await events.next() == nil)
        #expect(await events.next() == nil)
    }

    @Test func `the end wakes a waiting consumer`() async {
        let events = BrokerEvents()
        async let received = events.next()
        events.finish()
        #expect(await received == nil)
    }

    @Test func `cancellation wakes a waiting consumer, before or after it began to wait`() async {
        for _ in 0..<200 {
            let events = BrokerEvents()
            let consumer = Task { await events.next() }
            consumer.cancel()
            #expect(await consumer.value == nil)
        }
    }

    @Test func `a cancelled wait loses no later event`() async throws {
        let events = BrokerEvents()
        let cancelled = Task { await events.next() }
        cancelled.cancel()
        _ = await cancelled.value
        events.send([try published(1)])
        #expect(await events.next() == [try published(1)])
    }

    @Test func `nothing is lost or reordered while sender and consumer race`() async throws {
        let events = BrokerEvents()
        let count: UInt64 = 20_000
        let all = try (1...count).map { try published($0) }
        async let received = {
            var seen: [BrokerEvent] = []
            while let batch = await events.next() { seen += batch }
            return seen
        }()
        for event in all { events.send([event]) }
        events.finish()
        #expect(await received == all)
    }
}

/// A seeded source of chance, so that what has failed once can be seen again.
private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
}
