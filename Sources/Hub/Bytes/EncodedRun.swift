package import BrokerCore

/// How messages look on the wire to the readers of one kind. Encoding happens once for all of them.
package protocol WireForm: AnyObject, Sendable {
    /// Appends one message, whole: what stands between two messages can be cut anywhere.
    func append(_ message: Message, to writer: inout ByteWriter)
}

/// Consecutive messages of one channel, encoded once, with the place of each, so that a reader can be given a part.
package final class EncodedRun {
    /// What a message takes besides its data, and an id of several channels, at most usually, in bytes: room that is reserved.
    private static let usualOverhead = 256

    /// The position after which the run begins.
    package let after: Position
    package let bytes: SharedBytes
    /// See ``companion(_:)``.
    private var companions: [AnyObject] = []
    private let positions: [Position]
    private let ends: [Int]

    init(_ messages: some Collection<Message>, after: Position, form: any WireForm) {
        var writer = ByteWriter(capacity: messages.reduce(0) { $0 + $1.data.utf8.count + Self.usualOverhead })
        var positions: [Position] = []
        var ends: [Int] = []
        positions.reserveCapacity(messages.count)
        ends.reserveCapacity(messages.count)
        for message in messages {
            form.append(message, to: &writer)
            positions.append(message.position)
            ends.append(writer.count)
        }
        self.after = after
        self.positions = positions
        self.ends = ends
        bytes = writer.finish()
    }

    /// Messages of another run, with what `prefix` writes before each.
    package init(_ run: EncodedRun, _ indices: Range<Int>, prefix: (Int, inout ByteWriter) -> Void) {
        var writer = ByteWriter(capacity: run.segment(indices).count + indices.count * Self.usualOverhead)
        var ends: [Int] = []
        ends.reserveCapacity(indices.count)
        for index in indices {
            prefix(index, &writer)
            writer.append(run.segment(index..<index + 1).content)
            ends.append(writer.count)
        }
        after = indices.lowerBound == 0 ? run.after : run.positions[indices.lowerBound - 1]
        positions = Array(run.positions[indices])
        self.ends = ends
        bytes = writer.finish()
    }

    /// What readers of one kind have made of the run, to have it once for all of them; it lives as long as the run, and there is one
    /// of each type.
    package func companion<Companion: AnyObject>(_ make: () -> Companion) -> Companion {
        for companion in companions {
            if let companion = companion as? Companion { return companion }
        }
        let companion = make()
        companions.append(companion)
        return companion
    }

    package var isEmpty: Bool { positions.isEmpty }

    /// The indices of all its messages.
    package var all: Range<Int> { positions.indices }

    /// The indices of the messages whose offset is above `offset`.
    func indices(after offset: UInt64) -> Range<Int> {
        var low = 0
        var high = positions.count
        while low < high {
            let middle = (low + high) / 2
            if positions[middle].offset > offset { high = middle } else { low = middle + 1 }
        }
        return low..<positions.count
    }

    /// The longest beginning of `indices` that fits into `room` bytes, each message taking `overhead` bytes more than here; at
    /// least one message if `atLeastOne`.
    func fitting(_ indices: Range<Int>, room: Int, overhead: Int = 0, atLeastOne: Bool) -> Range<Int> {
        guard let first = indices.first else { return indices }
        let start = begin(of: first)
        func size(to last: Int) -> Int { ends[last] - start + overhead * (last - first + 1) }
        if size(to: indices.upperBound - 1) <= room { return indices }
        var upper = first
        while upper < indices.upperBound, size(to: upper) <= room { upper += 1 }
        return first..<max(upper, atLeastOne ? first + 1 : first)
    }

    /// The bytes of the messages at `indices`.
    package func segment(_ indices: Range<Int>) -> Segment {
        guard !indices.isEmpty else { return Segment(bytes, 0..<0) }
        return Segment(bytes, begin(of: indices.lowerBound)..<ends[indices.upperBound - 1])
    }

    /// The position of the message at `index`.
    package func position(_ index: Int) -> Position { positions[index] }

    private func begin(of index: Int) -> Int { index == 0 ? 0 : ends[index - 1] }
}
