import BrokerConformance
import BrokerCore
import MemoryBroker
import Testing

@testable import PostgresBroker

/// The broker beside the one in memory, operation by operation. The suite does so too; this reaches batches, limits and
/// policies that the suite has no room for.
@Suite(.timeLimit(.minutes(3))) struct SameAsMemoryTests {
    private static let settings = BrokerSettings(
        retention: RetentionPolicy(messages: 400, bytes: 20_000),
        namespaces: [
            "few": .init(messages: 5), "small": .init(bytes: 300), "one": .init(messages: 1, bytes: 1),
        ],
        messageBytes: 500)

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `Random operations come out as they do in memory`(_ seed: UInt64) async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, settings: Self.settings) { broker in
                var pair = Pair(broker, MemoryBroker(store: MemoryStore(settings: Self.settings)))
                var chance = SplitMix64(seed: seed)
                for step in 0..<1_500 { try await Self.step(step, &pair, &chance) }
            }
        }
    }

    /// Two brokers to which the same is done, and the epochs of each.
    private struct Pair {
        let here: PostgresBroker
        let there: MemoryBroker
        var epochs: [ChannelName: (here: Epoch, there: Epoch)] = [:]

        init(_ here: PostgresBroker, _ there: MemoryBroker) { (self.here, self.there) = (here, there) }
    }

    private static func step(_ step: Int, _ pair: inout Pair, _ chance: inout SplitMix64) async throws {
        let channel = try ChannelName(chance.pick(["a", "few:a", "few:b", "small:a", "one:a", ":a"]))
        switch chance.below(20) {
        case 0..<11: try await publish(step, &pair, &chance)
        case 11..<18: try await recover(channel, step, pair, &chance)
        case 18:
            let (here, there) = (try await pair.here.inspect(channel), try await pair.there.inspect(channel))
            #expect(here?.retained.map(\.content) == there?.retained.map(\.content), "step \(step)")
            #expect(here?.fence == there?.fence && here?.top == there?.top && here?.trimmed == there?.trimmed)
            #expect(here?.closed == there?.closed)
            let query = ChannelQuery(prefix: chance.pick(["", "few", "few:b", "x", "\u{0}"]), limit: chance.below(4))
            let (list, other) = (try await pair.here.list(query), try await pair.there.list(query))
            #expect(list.map { "\($0.channel) \($0.top)" } == other.map { "\($0.channel) \($0.top)" }, "step \(step)")
        default:
            guard chance.below(3) == 0 else { return }
            #expect(try await pair.here.delete(channel) == (try await pair.there.delete(channel)))
        }
    }

    /// Batches go over several channels at once, in the order that chance gives.
    private static func publish(_ step: Int, _ pair: inout Pair, _ chance: inout SplitMix64) async throws {
        let batch = try (0..<chance.pick([1, 1, 2, 5, 40])).map { _ in try publication(step: step, &chance) }
        let (here, there) = (await pair.here.publish(batch), await pair.there.publish(batch))
        #expect(here.map(outcome) == there.map(outcome), "step \(step)")
        for ((publication, result), other) in zip(zip(batch, here), there) {
            guard case .success(let receipt) = result, case .success(let other) = other else { continue }
            pair.epochs[publication.channel] = (receipt.position.epoch, other.position.epoch)
        }
    }

    private static func recover(
        _ channel: ChannelName, _ step: Int, _ pair: Pair, _ chance: inout SplitMix64
    ) async throws {
        let start = start(&chance)
        let limit = RecoveryLimit(
            messages: chance.pick([0, 1, 2, 10, 1_000]), bytes: chance.pick([0, 1, 100, 5_000, .max]))
        let here = try await pair.here.recover(channel, from: start(pair.epochs[channel]?.here), limit: limit)
        let there = try await pair.there.recover(channel, from: start(pair.epochs[channel]?.there), limit: limit)
        #expect(outcome(here) == outcome(there), "step \(step)")
        #expect(here.messages.map(\.content) == there.messages.map(\.content), "step \(step)")
    }

    private static func publication(step: Int, _ chance: inout SplitMix64) throws -> Publication {
        let key = try RetainKey(chance.pick(["state", "progress", "k\(chance.below(30))"]))
        let isFenced = chance.below(8) == 0
        let text = chance.pick(["x", "é", "\n", "😀", "\u{0}"])
        return Publication(
            channel: try ChannelName(chance.pick(["a", "few:a", "few:b", "small:a", "one:a", ":a"])),
            event: chance.pick([.message, .log]),
            data: String(repeating: text, count: chance.pick([0, 1, 9, 40, 120, 400])),
            format: chance.pick([.text, .json]),
            keeping: chance.pick([.logged, .logged, .loggedAndRetained(key), .conflated(key)]),
            expect: chance.below(8) == 0 ? UInt64(chance.below(30)) : nil,
            fence: isFenced ? UInt64(step / 20 + chance.below(6)) : nil, closes: chance.below(60) == 0,
            idempotencyKey: chance.below(6) == 0 ? try IdempotencyKey("\(step / 30):\(chance.below(5))") : nil)
    }

    /// A start, given the channel's epoch.
    private static func start(_ chance: inout SplitMix64) -> (Epoch?) -> Start {
        let offset = UInt64(chance.below(200))
        return chance.pick([
            { _ in .earliest }, { _ in .latest }, { [count = chance.below(8) + 1] _ in .last(count) },
            { _ in .after(.origin) },
            { epoch in .after(epoch.map { Position(epoch: $0, offset: offset) } ?? .origin) },
            { _ in Epoch("other").map { .after(Position(epoch: $0, offset: offset)) } ?? .earliest },
        ])
    }

    private static func outcome(_ result: Result<Receipt, BrokerError>) -> String {
        switch result {
        case .success(let receipt): "\(receipt.position.offset)\(receipt.duplicate ? " again" : "")"
        case .failure(let error): "\(error)"
        }
    }

    private static func outcome(_ found: Recovery) -> [String] {
        [
            "\(found.top)", "\(found.trimmed)", "\(found.closed)", "\(found.start.offset)", "\(found.reachesTop)",
            "\(found.messages.count)", found.gap.map { "\($0.reason) \($0.haveFrom) \($0.asked.offset)" } ?? "complete",
        ]
    }
}

extension Message {
    /// What two brokers have to agree on. Data is one character, some times.
    fileprivate var content: String {
        let character = data.unicodeScalars.first.map { $0.escaped(asASCII: true) } ?? ""
        let number = data.unicodeScalars.count
        return "\(offset) \(event) \(format) \(retain?.rawValue ?? "-") \(number) times \(character)"
    }
}
