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
        events.send([.continuityLost])
        #expect(await received == [.continuityLost])
    }

    @Test func `past the bound of events there is a loss of continuity instead of a silent loss`() async throws {
        let events = BrokerEvents(capacity: 2)
        events.send([try published(1), try published(2)])
        events.send([try published(3)])
        #expect(await events.next() == [.continuityLost, .continuityRestored])
        events.send([try published(4)])
        #expect(await events.next() == [try published(4)])
    }

    @Test func `past the bound of bytes too`() async throws {
        let events = BrokerEvents(dataCapacity: 10)
        events.send([try published(1, data: "12345"), try published(2, data: "12345")])
        events.send([try published(3, data: "1")])
        #expect(await events.next() == [.continuityLost, .continuityRestored])
        events.send([try published(4, data: "1234567890")])
        #expect(await events.next() == [try published(4, data: "1234567890")])
    }

    @Test func `an overflow does not claim what the broker has not restored`() async throws {
        let events = BrokerEvents(capacity: 2)
        events.send([.continuityLost])
        events.send([try published(1), try published(2)])
        #expect(await events.next() == [.continuityLost])
        events.send([.continuityRestored])
        #expect(await events.next() == [.continuityRestored])
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
