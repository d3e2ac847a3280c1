import BrokerCore
import DequeModule

/// The idempotency keys of the last ``BrokerSettings/idempotencyWindow``, over all channels.
///
/// All keys are remembered equally long, so they fall out in the order they came in. A key belongs to one epoch: those of a
/// channel that is gone are not found, and fall out in their turn.
struct IdempotencyWindow {
    private struct Name: Hashable {
        var channel: ChannelName
        var key: IdempotencyKey
    }

    private struct First {
        var position: Position
        var deadline: Int64
    }

    private var seen: [Name: First] = [:]
    private var queue: Deque<(name: Name, deadline: Int64)> = []
    /// What the keys count towards the store's capacity, in bytes.
    private(set) var footprint = 0

    /// Where the key was first published in this epoch of the channel.
    func position(of key: IdempotencyKey, on channel: ChannelName, epoch: Epoch, now: Int64) -> Position? {
        guard let first = seen[Name(channel: channel, key: key)], first.deadline > now, first.position.epoch == epoch
        else { return nil }
        return first.position
    }

    /// A key that a channel has seen.
    struct Remembered {
        var key: IdempotencyKey
        var offset: UInt64
        /// In milliseconds.
        var age: Int64
    }

    /// The keys of this epoch of a channel, by offset. O(all keys): for copying.
    func keys(of channel: ChannelName, epoch: Epoch, now: Int64) -> [Remembered] {
        let window = BrokerSettings.idempotencyWindow.milliseconds
        return seen.compactMap { name, first in
            guard name.channel == channel, first.position.epoch == epoch, first.deadline > now else { return nil }
            return Remembered(key: name.key, offset: first.position.offset, age: now + window - first.deadline)
        }.sorted { $0.offset < $1.offset }
    }

    /// - Parameter now: when the key was seen.
    mutating func remember(_ key: IdempotencyKey, on channel: ChannelName, at position: Position, now: Int64) {
        let name = Name(channel: channel, key: key)
        let deadline = now + BrokerSettings.idempotencyWindow.milliseconds
        seen[name] = First(position: position, deadline: deadline)
        queue.append((name, deadline))
        footprint += Footprint.key(key)
    }

    /// Forgets up to `limit` keys whose time is over. Returns how many it forgot.
    mutating func expire(now: Int64, limit: Int) -> Int {
        var forgotten = 0
        while forgotten < limit, let oldest = queue.first, oldest.deadline <= now {
            queue.removeFirst()
            footprint -= Footprint.key(oldest.name.key)
            // Another epoch of the channel may have remembered the same key since.
            if seen[oldest.name]?.deadline == oldest.deadline { seen[oldest.name] = nil }
            forgotten += 1
        }
        return forgotten
    }
}
