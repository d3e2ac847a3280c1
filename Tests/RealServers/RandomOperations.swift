package import BrokerConformance
package import BrokerCore

extension SplitMix64 {
    /// A publication that may meet each condition and each limit.
    /// - Parameter step: fences and idempotency keys rise with it, so that some are behind and most are not.
    package mutating func publication(on channel: ChannelName, step: Int) throws -> Publication {
        let key = try RetainKey(pick(["state", "progress", "k\(below(30))"]))
        let isFenced = below(8) == 0
        let text = pick(["x", "é", "\n", "😀", "\u{0}"])
        return Publication(
            channel: channel, event: pick([.message, .log]),
            data: String(repeating: text, count: pick([0, 1, 9, 40, 120, 400])), format: pick([.text, .json]),
            keeping: pick([.logged, .logged, .loggedAndRetained(key), .conflated(key)]),
            expect: below(8) == 0 ? UInt64(below(30)) : nil, fence: isFenced ? UInt64(step / 20 + below(6)) : nil,
            closes: below(60) == 0,
            idempotencyKey: below(6) == 0 ? try IdempotencyKey("\(step / 30):\(below(5))") : nil)
    }

    /// A start, given the channel's epoch.
    package mutating func start() -> @Sendable (Epoch?) -> Start {
        let offset = UInt64(below(200))
        return pick([
            { _ in .earliest }, { _ in .latest }, { [count = below(8) + 1] _ in .last(count) },
            { _ in .after(.origin) },
            { epoch in .after(epoch.map { Position(epoch: $0, offset: offset) } ?? .origin) },
            { _ in Epoch("other").map { .after(Position(epoch: $0, offset: offset)) } ?? .earliest },
        ])
    }

    /// How much of a recovery is wanted, often too little.
    package mutating func recoveryLimit() -> RecoveryLimit {
        RecoveryLimit(messages: pick([0, 1, 2, 10, 1_000]), bytes: pick([0, 1, 100, 5_000, .max]))
    }
}

extension Result<Receipt, BrokerError> {
    /// What two brokers have to agree on; epochs are each one's own.
    package var outcome: String {
        switch self {
        case .success(let receipt): "\(receipt.position.offset)\(receipt.duplicate ? " again" : "")"
        case .failure(let error): "\(error)"
        }
    }
}

extension Recovery {
    /// What two brokers have to agree on, besides the messages' content; epochs are each one's own.
    package var outcome: [String] {
        [
            "\(top)", "\(trimmed)", "\(closed)", "\(start.offset)", "\(reachesTop)", "\(messages.count)",
            gap.map { "\($0.reason) \($0.haveFrom) \($0.asked.offset)" } ?? "complete",
        ]
    }
}

extension Message {
    /// What two brokers have to agree on. Data is one character, some times.
    package var outcome: String {
        let character = data.unicodeScalars.first.map { $0.escaped(asASCII: true) } ?? ""
        let number = data.unicodeScalars.count
        return "\(offset) \(event) \(format) \(retain?.rawValue ?? "-") \(number) times \(character)"
    }
}
