import BrokerConformance
import BrokerCore
import MemoryBroker
import RealServers
import Testing

@testable import RedisBroker

/// The functions beside the memory broker, operation by operation. The suite does so through the whole broker; this reaches
/// the script that older servers run, and batches, limits and policies that the suite has no room for.
@Suite(.timeLimit(.minutes(2))) struct SameAsMemoryTests {
    private static let settings = BrokerSettings(
        retention: RetentionPolicy(messages: 400, bytes: 20_000),
        namespaces: [
            "few": .init(messages: 5), "small": .init(bytes: 300), "one": .init(messages: 1, bytes: 1),
            "": .init(messages: 2),
        ],
        messageBytes: 500)

    @Test(arguments: [(1, false), (2, false), (3, true), (4, true)] as [(UInt64, Bool)])
    func `random operations come out as they do in memory`(_ seed: UInt64, _ asScript: Bool) async throws {
        try await FunctionsUnderTest.run(Self.settings, asScript: asScript) { under in
            let memory = MemoryBroker(store: MemoryStore(settings: Self.settings))
            var chance = SplitMix64(seed: seed)
            var epochs: [ChannelName: (Epoch, Epoch)] = [:]
            for step in 0..<1_500 {
                let channel = try ChannelName(chance.pick(["a", "few:a", "few:b", "small:a", "one:a", ":a"]))
                switch chance.below(20) {
                case 0..<11:
                    let batch = try (0..<chance.pick([1, 1, 2, 5, 40])).map { _ in
                        try chance.publication(on: channel, step: step)
                    }
                    let (here, there) = (try await under.publish(batch), await memory.publish(batch))
                    #expect(here.map(\.outcome) == there.map(\.outcome), "step \(step)")
                    if case .success(let receipt)? = here.last, case .success(let other)? = there.last {
                        epochs[channel] = (receipt.position.epoch, other.position.epoch)
                    }
                case 11..<18:
                    let (start, limit) = (chance.start(), chance.recoveryLimit())
                    let here = try await under.recover(channel, from: start(epochs[channel]?.0), limit: limit)
                    let there = try await memory.recover(channel, from: start(epochs[channel]?.1), limit: limit)
                    #expect(here.outcome == there.outcome, "step \(step)")
                    #expect(here.messages.map(\.outcome) == there.messages.map(\.outcome), "step \(step)")
                case 18:
                    let (here, there) = (try await under.status(channel), try await memory.inspect(channel))
                    #expect(here?.retained.map(\.outcome) == there?.retained.map(\.outcome), "step \(step)")
                    #expect(here?.fence == there?.fence && here?.top == there?.top && here?.trimmed == there?.trimmed)
                default:
                    guard chance.below(3) == 0 else { continue }
                    #expect(try await under.delete(channel) == (try await memory.delete(channel)))
                }
            }
        }
    }
}
