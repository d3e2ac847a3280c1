import BrokerCore
import HeapModule

/// Which channel's time is over next.
///
/// A publication only moves its channel's deadline, and does not touch the queue: an entry that comes up too early is put
/// back, and one that stands for nothing any more is dropped.
struct ExpiryQueue {
    struct Entry: Comparable {
        var deadline: Int64
        var channel: ChannelName

        static func < (left: Self, right: Self) -> Bool { left.deadline < right.deadline }
    }

    /// Entries that may stand for nothing before the queue is rebuilt, beside as many as there are channels.
    private static let slack = 1024

    private var heap: Heap<Entry> = []

    /// Whether entries of deleted channels outweigh those of living ones.
    func isStale(channels: Int) -> Bool { heap.count > 2 * channels + Self.slack }

    mutating func schedule(_ channel: ChannelName, at deadline: Int64) {
        heap.insert(Entry(deadline: deadline, channel: channel))
    }

    mutating func rebuild(from entries: some Sequence<Entry>) { heap = Heap(entries) }

    /// Takes out an entry whose deadline has come.
    mutating func next(now: Int64) -> Entry? {
        guard let first = heap.min, first.deadline <= now else { return nil }
        return heap.removeMin()
    }
}
