import BrokerConformance
import BrokerCore
import MemoryBroker
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
                        try Self.publication(on: channel, step: step, &chance)
                    }
                    let (here, there) = (try await under.publish(batch), await memory.publish(batch))
                    #expect(here.map(Self.outcome) == there.map(Self.outcome), "step \(step)")
                    if case .success(let receipt)? = here.last, case .success(let other)? = there.last {
                        epochs[channel] = (receipt.position.epoch, other.position.epoch)
                    }
                case 11..<18:
                    let (start, limit) = (
                        Self.start(&chance),
                        RecoveryLimit(
                            messages: chance.pick([0, 1, 2, 10, 1_000]), bytes: chance.pick([0, 1, 100, 5_000, .max]))
                    )
                    let here = try await under.recover(channel, from: start(epochs[channel]?.0), limit: limit)
                    let there = try await memory.recover(channel, from: start(epochs[channel]?.1), limit: limit)
                    #expect(Self.outcome(here) == Self.outcome(there), "step \(step)")
                    #expect(here.messages.map(Content.init) == there.messages.map(Content.init), "step \(step)")
                case 18:
                    let (here, there) = (try await under.status(channel), try await memory.inspect(channel))
                    #expect(here?.retained.map(Content.init) == there?.retained.map(Content.init), "step \(step)")
                    #expect(here?.fence == there?.fence && here?.top == there?.top && here?.trimmed == there?.trimmed)
                default:
                    guard chance.below(3) == 0 else { continue }
                    #expect(try await under.delete(channel) == (try await memory.delete(channel)))
                }
            }
        }
    }

    private static func publication(
        on channel: ChannelName, step: Int, _ chance: inout SplitMix64
    ) throws -> Publication {
        let key = try RetainKey(chance.pick(["state", "progress", "k\(chance.below(30))"]))
        let isFenced = chance.below(8) == 0
        return Publication(
            channel: channel, event: chance.pick([.message, .log]),
            data: String(repeating: chance.pick(["x", "é", "\n", "😀"]), count: chance.pick([0, 1, 9, 40, 120, 400])),
            format: chance.pick([.text, .json]),
            keeping: chance.pick([.logged, .logged, .loggedAndRetained(key), .conflated(key)]),
            expect: chance.below(8) == 0 ? UInt64(chance.below(30)) : nil,
            fence: isFenced ? UInt64(step / 20 + chance.below(6)) : nil, closes: chance.below(60) == 0,
            idempotencyKey: chance.below(6) == 0 ? try IdempotencyKey("\(step / 30):\(chance.below(5))") : nil)
    }

    /// A start, given the channel's epoch.
    private static func start(_ chance: inout SplitMix64) -> @Sendable (Epoch?) -> Start {
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
