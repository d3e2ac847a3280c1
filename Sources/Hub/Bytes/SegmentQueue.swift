/// What waits for one reader, in order. The first segment stands in the queue itself: a reader that keeps up, which is
/// nearly every reader nearly always, costs no allocation.
package struct SegmentQueue {
    private var first: Segment?
    private var others: [Segment] = []
    private var othersStart = 0
    /// Bytes that wait.
    package private(set) var bytes = 0

    /// What a segment takes beyond its bytes, when its bytes are this reader's own and few: their object and its spare room.
    private static let overhead = 512

    /// The memory that this takes at most, in bytes: a million of the shortest answers are more than their bytes.
    package var footprint: Int { bytes + count * Self.overhead }

    package var isEmpty: Bool { first == nil }

    /// Segments that wait.
    package var count: Int { first == nil ? 0 : 1 + others.count - othersStart }

    package mutating func append(_ segment: Segment) {
        guard segment.count > 0 else { return }
        bytes += segment.count
        if first == nil { first = segment } else { others.append(segment) }
    }

    /// Removes `count` bytes from the front, which the sink has taken.
    package mutating func removeFirst(bytes count: Int) {
        var rest = count
        bytes -= count
        while rest > 0, let segment = first {
            if rest < segment.count {
                first?.start += rest
                return
            }
            rest -= segment.count
            first = nextOfOthers()
        }
    }

    package mutating func removeAll() {
        self = SegmentQueue()
    }

    /// Calls `body` with the segments from the front on, until it answers `false`.
    package func forEachWhile(_ body: (Segment) -> Bool) {
        guard let first, body(first) else { return }
        for segment in others[othersStart...] where !body(segment) { return }
    }

    private mutating func nextOfOthers() -> Segment? {
        guard othersStart < others.count else { return nil }
        let segment = others[othersStart]
        othersStart += 1
        if othersStart == others.count {
            others = []
            othersStart = 0
        } else if othersStart >= 64, othersStart * 2 >= others.count {
            others.removeFirst(othersStart)
            othersStart = 0
        }
        return segment
    }
}
