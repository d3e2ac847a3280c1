import BrokerConformance
import BrokerCore
import MemoryBroker
import RealServers
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
        let channel = try channel(&chance)
        switch chance.below(20) {
        case 0..<11: try await publish(step, &pair, &chance)
        case 11..<18: try await recover(channel, step, pair, &chance)
        case 18:
            let (here, there) = (try await pair.here.inspect(channel), try await pair.there.inspect(channel))
            #expect(here?.retained.map(\.outcome) == there?.retained.map(\.outcome), "step \(step)")
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

    private static func channel(_ chance: inout SplitMix64) throws -> ChannelName {
        try ChannelName(chance.pick(["a", "few:a", "few:b", "small:a", "one:a", ":a"]))
    }

    /// Batches go over several channels at once, in the order that chance gives.
    private static func publish(_ step: Int, _ pair: inout Pair, _ chance: inout SplitMix64) async throws {
        let batch = try (0..<chance.pick([1, 1, 2, 5, 40])).map { _ in
            try chance.publication(on: channel(&chance), step: step)
        }
        let (here, there) = (await pair.here.publish(batch), await pair.there.publish(batch))
        #expect(here.map(\.outcome) == there.map(\.outcome), "step \(step)")
        for ((publication, result), other) in zip(zip(batch, here), there) {
            guard case .success(let receipt) = result, case .success(let other) = other else { continue }
            pair.epochs[publication.channel] = (receipt.position.epoch, other.position.epoch)
        }
    }

    private static func recover(
        _ channel: ChannelName, _ step: Int, _ pair: Pair, _ chance: inout SplitMix64
    ) async throws {
        let (start, limit) = (chance.start(), chance.recoveryLimit())
        let here = try await pair.here.recover(channel, from: start(pair.epochs[channel]?.here), limit: limit)
        let there = try await pair.there.recover(channel, from: start(pair.epochs[channel]?.there), limit: limit)
        #expect(here.outcome == there.outcome, "step \(step)")
        #expect(here.messages.map(\.outcome) == there.messages.map(\.outcome), "step \(step)")
    }
}
