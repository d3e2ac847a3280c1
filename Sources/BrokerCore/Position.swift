/// The random id of one life of a channel. A deleted, expired or flushed channel comes back with another.
package struct Epoch: Hashable, Sendable, CustomStringConvertible {
    /// The epoch of a channel that does not exist; a position in it, `0:0`, is before the first message of any epoch.
    package static let none = Epoch(unchecked: "0")
    /// The longest epoch that a position may name, in bytes.
    package static let maximumBytes = 32

    package let rawValue: String

    /// Letters and digits, 1 to 32 of them; `nil` for anything else.
    package init?(_ rawValue: String) {
        guard (1...Self.maximumBytes).contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            })
        else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: String) { self.rawValue = rawValue }

    /// A new epoch: ten characters by chance, about 51 bits.
    package static func random() -> Epoch {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let bytes = (0..<10).map { _ in digits[Int.random(in: 0..<digits.count)] }
        return Epoch(unchecked: String(decoding: bytes, as: UTF8.self))
    }

    package var description: String { rawValue }
}

/// A place in a channel's log, written `epoch:offset`. A reader that has seen a message stands at its position.
package struct Position: Hashable, Sendable, CustomStringConvertible {
    /// `0:0`, the position before the first message of any epoch.
    package static let origin = Position(epoch: .none, offset: 0)
    /// The highest offset there can be: what JSON's readers and Lua hold exactly.
    package static let maximumOffset: UInt64 = 1 << 53 - 1
    package static let rule = "EPOCH:OFFSET, as an earlier message's id (\"k3f9:117\"), or 0:0 for the very beginning"

    package var epoch: Epoch
    package var offset: UInt64

    package init(epoch: Epoch, offset: UInt64) {
        self.epoch = epoch
        self.offset = offset
    }

    /// - Throws: ``InvalidName`` when `text` is not `epoch:offset`.
    package init(_ text: some StringProtocol) throws(InvalidName) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Epoch(String(parts[0])),
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let offset = UInt64(parts[1]), offset <= Self.maximumOffset,
            epoch != .none || offset == 0
        else { throw InvalidName(kind: .position, found: String(text), rule: Self.rule) }
        self.init(epoch: epoch, offset: offset)
    }

    /// The same place in `epoch`'s log, where the position is of that epoch, or of one of its
    /// ``Recovery/predecessors`` and within what they share; `nil` where it is not.
    package func place(in epoch: Epoch, predecessors: [Position]) -> Position? {
        guard self.epoch != epoch else { return self }
        guard let last = predecessors.first(where: { $0.epoch == self.epoch }), offset <= last.offset else {
            return nil
        }
        return Position(epoch: epoch, offset: offset)
    }

    package var description: String { "\(epoch):\(offset)" }
}
