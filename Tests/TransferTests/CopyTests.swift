import BrokerCore
import BrokerTransfer
import Testing

/// What a copied channel is, between every pair of brokers.
@Suite(.timeLimit(.minutes(5))) struct CopyTests {
    private static let channel: ChannelName = "build:42"

    /// Messages of every kind: logged, retained, conflated, JSON, with keys and a fence.
    private static func fill(_ broker: any Broker) async throws -> [Position] {
        let status: RetainKey = "status"
        let publications = [
            Publication(channel: channel, data: "first", idempotencyKey: "one"),
            Publication(channel: channel, event: .log, data: "li\u{0}ne\r\n\"ä\"", idempotencyKey: "two"),
            Publication(
                channel: channel, data: "{\"a\": 1}", format: .json, keeping: .loggedAndRetained(status), fence: 3),
            Publication(channel: channel, data: "10 %", keeping: .conflated("progress")),
            Publication(channel: channel, data: "20 %", keeping: .conflated("progress")),
            Publication(channel: channel, data: "", keeping: .loggedAndRetained("empty")),
        ]
        return try await broker.publish(publications).map { try $0.get().position }
    }

    @Test(arguments: Pair.all) func `Everything of a channel is kept`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            let positions = try await Self.fill(source.broker)
            let report = try await BrokerCopy(source: source.store, target: target.store).run()
            #expect(report.isComplete && report.copied == 1 && report.messages == 4 && report.equal == 1)
            let (ours, theirs) = (
                try await Content(of: Self.channel, in: source.store),
                try await Content(of: Self.channel, in: target.store)
            )
            #expect(ours.lasting == theirs.lasting)
            #expect(ours.log.count == 4 && ours.retained.count == 3 && ours.keys.count == 2)
            #expect(ours.head.map { abs(($0.life - (theirs.head?.life ?? .zero)) / .seconds(1)) < 60 } ?? false)
            for start in [.earliest, .last(2)] + positions.map({ Start.after($0) }) {
                let limit = RecoveryLimit.unlimited
                let (found, expected) = (
                    try await target.broker.recover(Self.channel, from: start, limit: limit),
                    try await source.broker.recover(Self.channel, from: start, limit: limit)
                )
                #expect(found == expected)
            }
        }
    }

    @Test(arguments: Pair.all) func `A publisher goes on where it was`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            let positions = try await Self.fill(source.broker)
            _ = try await BrokerCopy(source: source.store, target: target.store).run()
            let again = Publication(channel: Self.channel, data: "again", idempotencyKey: "two")
            #expect(
                await target.broker.publish([again]) == [.success(Receipt(position: positions[1], duplicate: true))])
            let zombie = Publication(channel: Self.channel, data: "", fence: 2)
            #expect(await target.broker.publish([zombie]) == [.failure(.fenced(highest: 3))])
            let expecting = Publication(
                channel: Self.channel, data: "next", keeping: .loggedAndRetained("status"), expect: 3,
                closes: true)
            let next = Position(epoch: positions[0].epoch, offset: 7)
            #expect(await target.broker.publish([expecting]) == [.success(Receipt(position: next))])
            // And the other way, to where the channel was before.
            let back = try await BrokerCopy(source: target.store, target: source.store).run()
            #expect(back.isComplete && back.copied == 1)
            let late = await source.broker.publish([Publication(channel: Self.channel, data: "late")])
            #expect(late == [.failure(.closed(top: 7))])
        }
    }

    @Test(arguments: Pair.all) func `What retention has removed stays a gap, and nothing more becomes one`(
        _ pair: Pair
    ) async throws {
        let short = BrokerSettings(retention: RetentionPolicy(messages: 3))
        try await pair.run(
            sourceSettings: short, targetSettings: BrokerSettings(retention: RetentionPolicy(messages: 2))
        ) { source, target in
            for n in 1...5 { _ = await source.broker.publish([Publication(channel: Self.channel, data: "\(n)")]) }
            _ = try await BrokerCopy(source: source.store, target: target.store).run()
            let copied = try await target.broker.recover(Self.channel, from: .after(.origin), limit: .unlimited)
            #expect(copied.gap?.reason == .trimmed && copied.trimmed == 2)
            #expect(copied.messages.map(\.data) == ["3", "4", "5"])
            // The target keeps less: the next message trims.
            _ = await target.broker.publish([Publication(channel: Self.channel, data: "6")])
            let after = try await target.broker.recover(Self.channel, from: .earliest, limit: .unlimited)
            #expect(after.trimmed == 4 && after.messages.map(\.data) == ["5", "6"] && after.top == 6)
        }
    }

    @Test(arguments: Pair.all) func `A second run brings what came since, and leaves the rest alone`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            for n in 1...30 {
                _ = await source.broker.publish([Publication(channel: try ChannelName("c:\(n)"), data: "x")])
            }
            let copy = BrokerCopy(source: source.store, target: target.store)
            #expect(try await copy.run().copied == 30)
            _ = await source.broker.publish([
                Publication(channel: "c:7", data: "y"), Publication(channel: "new", data: "z"),
            ])
            let second = try await copy.run()
            #expect(second.copied == 2 && second.equal == 31 && second.isComplete)
            #expect(
                try await target.broker.recover("c:7", from: .earliest, limit: .unlimited).messages.map(\.data) == [
                    "x", "y",
                ])
            #expect(try await copy.run().copied == 0)
        }
    }

    @Test(arguments: Pair.all) func `A channel that is another, or has gone on, is refused by name and stays as it is`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            let copy = BrokerCopy(source: source.store, target: target.store)
            for name: ChannelName in ["ahead", "diverged"] {
                _ = await source.broker.publish([Publication(channel: name, data: "1")])
            }
            _ = try await copy.run()
            _ = await target.broker.publish(
                ["ahead", "diverged", "foreign"].map { Publication(channel: $0, data: "here") })
            _ = await source.broker.publish(
                ["diverged", "diverged", "foreign", "fine"].map { Publication(channel: $0, data: "there") })
            let report = try await copy.run()
            #expect(!report.isComplete && report.refusals == 3 && report.copied == 1)
            let reasons = Dictionary(uniqueKeysWithValues: report.refused.map { ($0.channel, $0.reason) })
            guard case .ahead? = reasons["ahead"], case .foreign? = reasons["foreign"],
                case .diverged? = reasons["diverged"]
            else {
                return #expect(Bool(false), "\(reasons)") as Void
            }
            for name: ChannelName in ["ahead", "diverged", "foreign"] {
                let messages = try await target.broker.recover(name, from: .last(1), limit: .unlimited).messages
                #expect(messages.map(\.data) == ["here"])
            }
        }
    }

    @Test(arguments: Pair.all) func `What is not committed is nowhere to be seen`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            _ = try await Self.fill(source.broker)
            let page = try #require(try await source.store.export(Self.channel, from: .start, bytes: 1 << 20))
            let restoration = try await target.store.restoration(of: Self.channel)
            try await restoration.add(page.items)
            #expect(try await target.broker.inspect(Self.channel) == nil)
            #expect(try await target.broker.list(ChannelQuery()).isEmpty)
            #expect(try await target.store.channels(after: nil).isEmpty)
            // Someone is quicker.
            _ = await target.broker.publish([Publication(channel: Self.channel, data: "mine")])
            let done = try await restoration.commit(page.head, replacing: nil)
            #expect(!done)
            await restoration.abandon()
            let messages = try await target.broker.recover(Self.channel, from: .earliest, limit: .unlimited).messages
            #expect(messages.map(\.data) == ["mine"])
        }
    }

    @Test(arguments: Pair.all) func `Readers of the target are told that there is something to look for`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            _ = try await Self.fill(source.broker)
            try await target.broker.attach([Self.channel])
            _ = try await BrokerCopy(source: source.store, target: target.store).run()
            var offsets: [UInt64] = []
            while offsets.isEmpty, let events = await target.broker.events.next() {
                for case .published(let announcement) in events { offsets.append(announcement.message.offset) }
            }
            #expect(offsets == [6])
        }
    }

    @Test(arguments: Pair.all) func `A channel of many pages is copied whole`(_ pair: Pair) async throws {
        let large = BrokerSettings(retention: RetentionPolicy(messages: 100_000, bytes: 1 << 30))
        try await pair.run(sourceSettings: large, targetSettings: large) { source, target in
            let text = String(repeating: "x", count: 1000)
            for batch in 0..<4 {
                let publications = (0..<500).map { n in
                    Publication(
                        channel: Self.channel, data: "\(batch * 500 + n) \(text)",
                        keeping: .loggedAndRetained(.init(stringLiteral: "k\(n)")),
                        idempotencyKey: .init(stringLiteral: "i\(batch)-\(n)"))
                }
                _ = await source.broker.publish(publications)
            }
            let report = try await BrokerCopy(source: source.store, target: target.store).run()
            #expect(report.isComplete && report.messages == 2000)
            let theirs = try await Content(of: Self.channel, in: target.store, bytes: 100_000)
            #expect(try await Content(of: Self.channel, in: source.store, bytes: 70_000).lasting == theirs.lasting)
            #expect(theirs.log.count == 2000 && theirs.retained.count == 500 && theirs.keys.count == 2000)
        }
    }
}
