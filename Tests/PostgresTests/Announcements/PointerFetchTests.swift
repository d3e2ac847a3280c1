import BrokerCore
import BrokerSupport
import Testing

@testable import PostgresBroker

@Suite struct PointerFetchTests {
    private let a: ChannelName
    private let b: ChannelName
    private let epoch: Epoch

    init() throws {
        a = try ChannelName("a")
        b = try ChannelName("b")
        epoch = try #require(Epoch("e"))
    }

    private func record(_ offset: UInt64, _ data: String = "") -> Record {
        Record(
            offset: offset, time: 0, event: .message, key: nil, format: .text, conflated: false, closes: false,
            data: data)
    }

    private func event(_ channel: ChannelName, _ offset: UInt64, _ data: String = "") -> BrokerEvent {
        .published(record(offset, data).announcement(on: channel, epoch: epoch))
    }

    private func inline(_ channel: ChannelName, _ offsets: UInt64..., data: String = "") -> Section {
        .events(channel, offsets.map { event(channel, $0, data) })
    }

    private func pointer(_ channel: ChannelName, _ first: UInt64, _ last: UInt64) -> Section {
        .pointer(Pointer(channel: channel, epoch: epoch, first: first, last: last))
    }

    private func interruption(_ channel: ChannelName) -> [BrokerEvent] {
        [.continuityLost(.channels([channel])), .continuityRestored(.channels([channel]))]
    }

    private func take(_ fetch: inout PointerFetch, _ sections: Section...) -> ListenEffects {
        var effects = ListenEffects()
        for section in sections { fetch.take(section, &effects) }
        return effects
    }

    private func answer(_ fetch: inout PointerFetch, _ ticket: Int, _ records: [Record]?) -> ListenEffects {
        var effects = ListenEffects()
        fetch.answered(ticket, records, &effects)
        return effects
    }

    @Test func `What is no pointer, and not behind one, is handed on at once`() {
        var fetch = PointerFetch()
        let effects = take(&fetch, inline(a, 1, 2), pointer(a, 3, 3), inline(b, 1), inline(a, 4))
        #expect(effects.events == [event(a, 1), event(a, 2), event(b, 1)])
        #expect(effects.fetches.map(\.pointer.first) == [3])
    }

    @Test func `What is behind a pointer comes when it has been fetched, in order`() {
        var fetch = PointerFetch()
        let asked = take(
            &fetch, pointer(a, 1, 2), inline(a, 3), .events(a, [.deleted(a, epoch)]), pointer(a, 5, 5), inline(a, 6))
        #expect(asked.events.isEmpty && asked.fetches.count == 1)
        let first = answer(&fetch, asked.fetches[0].ticket, [record(1), record(2)])
        #expect(first.events == [event(a, 1), event(a, 2), event(a, 3), .deleted(a, epoch)])
        let second = answer(&fetch, first.fetches[0].ticket, [record(5)])
        #expect(second.events == [event(a, 5), event(a, 6)] && second.fetches.isEmpty)
        #expect(fetch.heldChannels == 0 && fetch.heldBytes == 0)
        #expect(take(&fetch, inline(a, 7)).events == [event(a, 7)])
    }

    @Test func `Where only some fit an answer, the rest is asked for`() {
        var fetch = PointerFetch()
        let asked = take(&fetch, pointer(a, 1, 3), inline(a, 4))
        let first = answer(&fetch, asked.fetches[0].ticket, [record(1), record(2)])
        #expect(first.events == [event(a, 1), event(a, 2)])
        #expect(first.fetches.map(\.pointer.first) == [3] && first.fetches.map(\.pointer.last) == [3])
        #expect(answer(&fetch, first.fetches[0].ticket, [record(3)]).events == [event(a, 3), event(a, 4)])
    }

    @Test func `Pointers that go on from one another are asked for at once`() {
        var fetch = PointerFetch()
        let asked = take(&fetch, pointer(a, 1, 1), pointer(a, 2, 2), pointer(a, 3, 5), pointer(a, 7, 7))
        let first = answer(&fetch, asked.fetches[0].ticket, [record(1)])
        #expect(first.fetches.map(\.pointer.first) == [2] && first.fetches.map(\.pointer.last) == [5])
    }

    @Test(arguments: [[], [2], [1, 3], [1, 2, 3, 4]] as [[UInt64]])
    func `What is not there any more is told as a loss, and restored`(offsets: [UInt64]) {
        var fetch = PointerFetch()
        let asked = take(&fetch, pointer(a, 1, 3), inline(a, 4, data: "held"))
        let answered = answer(&fetch, asked.fetches[0].ticket, offsets.map { record($0) })
        if offsets.first == 1, offsets.count == 4 { return #expect(answered.events == interruption(a)) }
        #expect(answered.events.suffix(2) == interruption(a).suffix(2))
        #expect(fetch.heldChannels == 0 && fetch.heldBytes == 0)
        #expect(take(&fetch, inline(a, 5)).events == [event(a, 5)])
    }

    @Test func `A question that fails is told as a loss, and restored; others go on`() {
        var fetch = PointerFetch()
        let asked = take(&fetch, pointer(a, 1, 1), pointer(b, 1, 1), inline(a, 2))
        #expect(answer(&fetch, asked.fetches[0].ticket, nil).events == interruption(a))
        #expect(answer(&fetch, asked.fetches[1].ticket, [record(1)]).events == [event(b, 1)])
    }

    @Test func `An answer after detaching, and attaching again, is not heard`() {
        var fetch = PointerFetch()
        let old = take(&fetch, pointer(a, 1, 1), inline(a, 2, data: "held")).fetches[0].ticket
        fetch.forget([a, b])
        #expect(fetch.heldChannels == 0 && fetch.heldBytes == 0)
        let new = take(&fetch, pointer(a, 3, 3), inline(a, 4)).fetches[0].ticket
        #expect(answer(&fetch, old, [record(1)]).events.isEmpty)
        #expect(answer(&fetch, new, [record(3)]).events == [event(a, 3), event(a, 4)])
    }

    @Test func `An answer after all was lost is not heard, and its place is free again`() throws {
        var fetch = PointerFetch()
        var tickets: [Int] = []
        for index in 0..<PointerFetch.maximumUnderway {
            tickets += take(&fetch, pointer(try ChannelName("c\(index)"), 1, 1)).fetches.map(\.ticket)
        }
        fetch.forgetAll()
        #expect(take(&fetch, pointer(a, 5, 5)).fetches.isEmpty)
        let answered = answer(&fetch, tickets[0], [record(1)])
        #expect(answered.events.isEmpty && answered.fetches.map(\.pointer.channel) == [a])
    }
}

// MARK: Bounds

extension PointerFetchTests {
    @Test func `More than a channel's events are not held back: the loss is told`() {
        var fetch = PointerFetch()
        let asked = take(&fetch, pointer(a, 1, 1))
        var events: [BrokerEvent] = []
        for offset in 2...UInt64(PointerFetch.eventsPerChannel) {
            events += take(&fetch, inline(a, offset)).events
        }
        #expect(events.isEmpty)
        #expect(take(&fetch, inline(a, 9_999)).events == interruption(a))
        #expect(take(&fetch, inline(a, 10_000)).events == [event(a, 10_000)])
        #expect(answer(&fetch, asked.fetches[0].ticket, [record(1)]).events.isEmpty)
    }

    @Test func `More than a channel's bytes are not held back: the loss is told`() {
        var fetch = PointerFetch()
        let megabyte = String(repeating: "x", count: 1 << 20)
        let asked = take(&fetch, pointer(a, 1, 1), inline(a, 2, 3, 4, 5, 6, 7, 8, 9, data: megabyte))
        #expect(asked.events.isEmpty && fetch.heldBytes == PointerFetch.bytesPerChannel)
        #expect(take(&fetch, inline(a, 10, data: "x")).events == interruption(a))
        #expect(fetch.heldBytes == 0)
    }

    @Test func `More than all channels' bytes are not held back: the loss of the one is told`() throws {
        var fetch = PointerFetch()
        let large = String(repeating: "x", count: PointerFetch.bytesPerChannel)
        for index in 0..<(PointerFetch.bytesInAll / PointerFetch.bytesPerChannel) {
            let channel = try ChannelName("c\(index)")
            #expect(take(&fetch, pointer(channel, 1, 1), inline(channel, 2, data: large)).events.isEmpty)
        }
        #expect(take(&fetch, pointer(a, 1, 1), inline(a, 2, data: "x")).events == interruption(a))
        #expect(fetch.heldBytes == PointerFetch.bytesInAll)
    }

    @Test func `Questions under way are bounded, and the others wait for their turn`() throws {
        var fetch = PointerFetch()
        var tickets: [Int] = []
        for index in 0..<100 {
            tickets += take(&fetch, pointer(try ChannelName("c\(index)"), 1, 1)).fetches.map(\.ticket)
        }
        #expect(tickets.count == PointerFetch.maximumUnderway)
        var asked = 0
        while let ticket = tickets.popLast() {
            asked += 1
            tickets += answer(&fetch, ticket, [record(1)]).fetches.map(\.ticket)
        }
        #expect(asked == 100 && fetch.heldChannels == 0)
    }

    @Test func `Channels that are held back are bounded, also those that come and go`() throws {
        var fetch = PointerFetch()
        var interrupted = 0
        for index in 0..<(PointerFetch.maximumChannels + 100) {
            let channel = try ChannelName("c\(index)")
            interrupted += take(&fetch, pointer(channel, 1, 1)).events.count / 2
            if index.isMultiple(of: 2) { fetch.forget([channel]) }
        }
        #expect(interrupted > 0 && fetch.heldChannels <= PointerFetch.maximumChannels)
    }

    @Test func `A pointer that stands for more than can be held back is told as a loss`() {
        var fetch = PointerFetch()
        let effects = take(&fetch, pointer(a, 1, UInt64(PointerFetch.eventsPerChannel) + 1), inline(a, 2_000))
        #expect(effects.events == interruption(a) + [event(a, 2_000)] && effects.fetches.isEmpty)
        let edge = take(&fetch, pointer(a, 1, 1), pointer(a, 2, Position.maximumOffset))
        #expect(edge.events == interruption(a))
    }
}
