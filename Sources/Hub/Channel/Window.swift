package import BrokerCore
import DequeModule

/// The recent messages of one channel, as they were announced or recovered: whoever stands within it goes on from here,
/// without a question to the broker.
///
/// It holds every logged message, and the newest of each retain key, after ``from`` up to ``tail``.
package struct Window {
    /// The most messages, which is the default of a channel's whole history.
    package static let maximumMessages = 1024
    /// The most bytes of data; the newest message is held whatever its size.
    package static let maximumBytes = 1 << 20

    private struct Entry {
        var message: Message
        var conflated: Bool
    }

    /// Nothing that is kept is missing after this offset.
    package private(set) var from: UInt64
    /// What the channel had trimmed when the window came to hold all that is kept; `nil` while it does not.
    package private(set) var trimmed: UInt64?
    /// The newest message's position: where a reader stands that has seen everything.
    package private(set) var tail: Position
    private var entries: Deque<Entry> = []
    private var bytes = 0
    /// The newest conflated message of each key; the older ones are of no use to anyone.
    private var newestConflated: [RetainKey: UInt64] = [:]
    private var superseded = 0

    /// An empty window: nothing has come after `tail` yet.
    package init(tail: Position) {
        from = tail.offset
        self.tail = tail
    }

    package var epoch: Epoch { tail.epoch }
    package var isEmpty: Bool { entries.isEmpty }

    /// Whether all that follows `position` is here.
    package func covers(_ position: Position) -> Bool {
        position.epoch == epoch && position.offset >= from && position.offset <= tail.offset
    }

    /// The messages after `offset` that a reader needs, in order.
    package func messages(after offset: UInt64) -> [Message] {
        var first = entries.count
        while first > 0, entries[first - 1].message.offset > offset { first -= 1 }
        return entries[first...].lazy.filter { !isSuperseded($0) }.map(\.message)
    }

    /// The position that the messages follow.
    package var start: Position { Position(epoch: epoch, offset: from) }

    /// The position before the last `count` logged messages, if they are all here, or all that there are.
    package func start(ofLast count: Int) -> Position? {
        var seen = 0
        for entry in entries.reversed() where !entry.conflated {
            seen += 1
            if seen == count { return Position(epoch: epoch, offset: entry.message.offset - 1) }
        }
        return trimmed == nil ? nil : start
    }

    /// Adds the message that follows the tail.
    package mutating func append(_ announcement: Announcement) {
        let message = announcement.message
        tail = message.position
        add(Entry(message: message, conflated: announcement.conflated))
        if superseded * 2 > entries.count { dropSuperseded() }
        evict()
    }

    /// Takes in what a recovery brought: the part before the window if it reaches it, and the part behind its tail.
    /// `holdsEarliest`: the recovery was asked for all that is kept.
    package mutating func merge(_ recovery: Recovery, holdsEarliest: Bool) {
        guard recovery.epoch == epoch, recovery.gap == nil else { return }
        let end = recovery.end.offset
        let start = recovery.start.epoch == epoch ? recovery.start.offset : 0
        guard end >= from else { return }
        if start <= from {
            prepend(recovery.messages, after: start)
            if holdsEarliest, from == start { trimmed = recovery.trimmed }
        }
        guard end > tail.offset, start <= tail.offset else { return }
        for message in recovery.messages where message.offset > tail.offset {
            add(Entry(message: message, conflated: false))
        }
        tail.offset = end
        evict()
    }

    private mutating func prepend(_ messages: [Message], after start: UInt64) {
        from = start
        for message in messages.reversed() where entries.first.map({ message.offset < $0.message.offset }) ?? true {
            guard message.offset <= tail.offset else { continue }
            guard entries.count < Self.maximumMessages, bytes + message.data.utf8.count <= Self.maximumBytes else {
                from = message.offset
                return
            }
            entries.prepend(Entry(message: message, conflated: false))
            bytes += message.data.utf8.count
        }
    }

    private mutating func add(_ entry: Entry) {
        if entry.conflated, let key = entry.message.retain {
            if newestConflated.updateValue(entry.message.offset, forKey: key) != nil { superseded += 1 }
        }
        entries.append(entry)
        bytes += entry.message.data.utf8.count
    }

    private mutating func evict() {
        while entries.count > 1, entries.count > Self.maximumMessages || bytes > Self.maximumBytes {
            let entry = entries.removeFirst()
            trimmed = nil
            bytes -= entry.message.data.utf8.count
            from = entry.message.offset
            forget(entry)
        }
    }

    private mutating func forget(_ entry: Entry) {
        guard entry.conflated, let key = entry.message.retain else { return }
        if newestConflated[key] == entry.message.offset { newestConflated[key] = nil } else { superseded -= 1 }
    }

    private mutating func dropSuperseded() {
        entries = Deque(entries.filter { !isSuperseded($0) })
        bytes = entries.reduce(0) { $0 + $1.message.data.utf8.count }
        superseded = 0
    }

    private func isSuperseded(_ entry: Entry) -> Bool {
        guard entry.conflated, let key = entry.message.retain, let newest = newestConflated[key] else { return false }
        return newest > entry.message.offset
    }
}
