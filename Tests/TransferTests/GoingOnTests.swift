import BrokerCore
import BrokerTransfer
import MemoryBroker
import Testing

/// What a copy does with a channel that was copied before, and has gone on since on one side or both.
@Suite(.timeLimit(.minutes(5))) struct GoingOnTests {
    private static let channel: ChannelName = "build:42"
    private static let progress = Keeping.conflated("progress")

    private static func publish(
        _ data: String, times: Int = 1, _ keeping: Keeping = .logged, at side: Side
    ) async throws {
        let publications = (0..<times).map { _ in Publication(channel: channel, data: data, keeping: keeping) }
        for result in await side.broker.publish(publications) { _ = try result.get() }
    }

    private static func copy(_ source: Side, _ target: Side) async throws -> CopyReport {
        try await BrokerCopy(source: source.store, target: target.store).run()
    }

    /// Copies, and sees that the channel is refused and that the target keeps what it has.
    private static func expectDiverged(
        _ source: Side, _ target: Side, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await Content(of: channel, in: target.store).lasting
        let (ours, theirs) = (try await source.store.head(of: channel), before.head)
        let report = try await copy(source, target)
        #expect(!report.isComplete && report.copied == 0, sourceLocation: sourceLocation)
        let expected = try CopyRefusal.diverged(
            target: #require(theirs).position, source: #require(ours).position)
        #expect(report.refused.map(\.reason) == [expected], sourceLocation: sourceLocation)
        #expect(try await Content(of: channel, in: target.store).lasting == before, sourceLocation: sourceLocation)
    }

    @Test(arguments: Pair.all) func `What the target acknowledged stays, though the source has trimmed that offset`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            try await Self.publish("source", times: 2, at: source)
            #expect(try await Self.copy(source, target).isComplete)
            try await Self.publish("target only", at: target)
            try await Self.publish("source", times: 1498, at: source)
            try await Self.expectDiverged(source, target)
            let found = try await target.broker.recover(Self.channel, from: .last(1), limit: .unlimited)
            #expect(found.messages.map(\.data) == ["target only"])
        }
    }

    @Test(arguments: Pair.all) func `What the target acknowledged stays, though it is in no log`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            try await Self.publish("source", times: 2, at: source)
            #expect(try await Self.copy(source, target).isComplete)
            try await Self.publish("50 %", Self.progress, at: target)
            try await Self.publish("source", times: 3, at: source)
            try await Self.expectDiverged(source, target)
        }
    }

    @Test(arguments: Pair.all) func `What only a copy has brought is replaced, whatever the source has trimmed`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            for _ in 1...3 {
                try await Self.publish("source", times: 700, at: source)
                try await Self.publish("50 %", Self.progress, at: source)
                let report = try await Self.copy(source, target)
                #expect(report.isComplete && report.copied == 1)
                let head = try #require(try await target.store.head(of: Self.channel))
                #expect(head.copied == head.top)
            }
            #expect(
                try await Content(of: Self.channel, in: source.store).lasting
                    == Content(of: Self.channel, in: target.store).lasting)
        }
    }

    @Test(arguments: Pair.all) func `There and back, again and again, while the side that was left stands still`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            for (from, to) in [(source, target), (target, source), (source, target), (target, source)] {
                try await Self.publish("on", times: 600, at: from)
                #expect(try await Self.copy(from, to).copied == 1)
                // At the last moment.
                try await Self.publish("late", Self.progress, at: from)
                let report = try await Self.copy(from, to)
                #expect(report.isComplete && report.copied == 1)
            }
            #expect(try await source.store.head(of: Self.channel)?.top == 4 * 601)
        }
    }

    @Test(arguments: Pair.all) func `What the side that was left acknowledged since stays`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            try await Self.publish("source", times: 2, at: source)
            #expect(try await Self.copy(source, target).isComplete)
            try await Self.publish("after the switch", at: source)
            try await Self.publish("target", times: 1500, at: target)
            try await Self.expectDiverged(target, source)
        }
    }

    @Test(arguments: Pair.all) func `What no copy is known to have left or brought stays`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            // The source's channel comes from the target's, but by a third broker, which went on with it.
            let store = MemoryStore()
            let third = Side(broker: MemoryBroker(store: store), store: store)
            try await Self.publish("target", times: 3, at: target)
            #expect(try await Self.copy(target, third).isComplete)
            try await Self.publish("third", times: 2, at: third)
            #expect(try await Self.copy(third, source).isComplete)
            try await Self.publish("source", at: source)
            try await Self.expectDiverged(source, target)
        }
    }

    @Test(arguments: Pair.all) func `A new life of a channel was not copied`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            try await Self.publish("source", times: 2, at: source)
            var page = try #require(try await source.store.export(Self.channel, from: .start, bytes: 1 << 20))
            page.head.life = .milliseconds(1)
            let restoration = try await target.store.restoration(of: Self.channel)
            try await restoration.add(page.items)
            #expect(try await restoration.commit(page.head, replacing: nil))
            while try await target.store.head(of: Self.channel) != nil { await Task.yield() }
            try await Self.publish("target", times: 2, at: target)
            let head = try #require(try await target.store.head(of: Self.channel))
            #expect(head.copied == nil && head.top == 2 && head.epoch != page.head.epoch)
        }
    }

    @Test func `What came from another broker is told by its newest message`() async throws {
        let stores = (0..<3).map { _ in MemoryStore() }
        let sides = stores.map { Side(broker: MemoryBroker(store: $0), store: $0) }
        try await Self.publish("first", at: sides[0])
        _ = try await Self.copy(sides[0], sides[1])
        try await Self.publish("of the one", at: sides[0])
        _ = try await Self.copy(sides[0], sides[2])
        // Messages are told apart by their times.
        try await Task.sleep(for: .milliseconds(5))
        try await Self.publish("of the other", times: 2, at: sides[1])
        let report = try await Self.copy(sides[1], sides[2])
        #expect(report.refused.map(\.reason) == [.different(offset: 2)])
    }
}
