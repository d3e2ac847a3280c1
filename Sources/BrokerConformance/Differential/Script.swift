import BrokerCore

/// Random operations, the same for the same seed.
struct Script: Sequence, IteratorProtocol {
    /// Names that are alike, in namespaces that trim differently.
    static let channels: [(label: String, namespace: ConformanceNamespace)] = [
        ("a", .ordinary), ("a", .few), ("a/b", .few), ("a", .small), ("B", .ordinary), ("a_b", .small),
    ]

    private var random: SplitMix64
    private var step = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func next() -> ScriptStep? {
        step += 1
        let channel = random.below(Self.channels.count)
        switch random.below(100) {
        case 0..<58:
            return .publish(
                (0..<random.pick([1, 1, 1, 2, 5])).map { _ in publication() }, byReader: random.next() & 1 == 0)
        case 58..<86: return .recover(channel: channel, from: start(), limit: limit())
        case 86..<93: return .inspect(channel: channel)
        case 93..<95: return .delete(channel: channel)
        default:
            let after = random.happens(oneIn: 3) ? channel : nil
            return .list(
                prefix: random.pick(["", "few", "few:a", "small:a_", "o"]), after: after, limit: 1 + random.below(8))
        }
    }

    private mutating func publication() -> ScriptPublication {
        let isJSON = random.happens(oneIn: 5)
        return ScriptPublication(
            channel: random.below(Self.channels.count), event: random.happens(oneIn: 3) ? .log : .message,
            data: isJSON ? "[\(step)]" : data(), format: isJSON ? .json : .text, keeping: keeping(),
            expect: random.happens(oneIn: 6) ? expectation() : nil,
            // Fences and keys rise with the script, so that some of them are behind and most are not.
            fence: random.happens(oneIn: 6) ? UInt64(step / 40 + random.below(6)) : nil,
            closes: random.happens(oneIn: 60),
            idempotencyKey: random.happens(oneIn: 5) ? Self.key(step / 20 + random.below(3)) : nil)
    }

    private mutating func data() -> String {
        let length = random.pick([0, 1, 10, 40, 40, 200, 900])
        return String(repeating: random.pick(["x", "é", "\n", "\"", "😀"]), count: length) + "\(step)"
    }

    private mutating func keeping() -> Keeping {
        let key = random.pick(Self.keys)
        return random.pick([.logged, .logged, .logged, .loggedAndRetained(key), .conflated(key)])
    }

    private mutating func expectation() -> ScriptPublication.Expectation {
        random.pick([.current, .current, .version(0), .version(UInt64(random.below(50)))])
    }

    private mutating func start() -> ScriptStart {
        random.pick([
            .start(.earliest), .start(.latest), .start(.last(1 + random.below(8))), .start(.after(.origin)),
            .known(livesAgo: 0, fromTop: -random.below(20)), .known(livesAgo: 0, fromTop: -random.below(5)),
            .known(livesAgo: 0, fromTop: 1 + random.below(3)), .known(livesAgo: 1, fromTop: -random.below(5)),
        ])
    }

    private mutating func limit() -> RecoveryLimit {
        RecoveryLimit(messages: random.pick([1, 2, 5, 40]), bytes: random.pick([1, 100, 5000, .max]))
    }

    private static let keys = ["state", "progress", "note"].compactMap { try? RetainKey($0) }

    private static func key(_ number: Int) -> IdempotencyKey? { try? IdempotencyKey("key-\(number)") }
}
