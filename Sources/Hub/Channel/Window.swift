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
        enum Kind {
            case logged, conflated
            /// It has a retain key and was recovered, which does not tell.
            case loggedOrConflated
        }

        var message: Message
        var kind: Kind

        init(_ announcement: Announcement) {
            message = announcement.message
            kind = announcement.conflated ? .conflated : .logged
        }

        init(recovered message: Message) {
            self.message = message
            kind = message.retain == nil ? .logged : .loggedOrConflated
        }
    }

    /// Nothing that is kept is missing after this offset.
    package private(set) var from: UInt64
    /// No logged message at all is missing after this offset. It is above ``from`` if the channel retains messages that are
    /// older than what it had trimmed.
    package private(set) var gapless: UInt64
    /// All that the channel keeps is here.
    package private(set) var holdsEarliest = false
    /// The newest message's position: where a reader stands that has seen everything.
    package private(set) var tail: Position
    /// As in ``Recovery/predecessors``, as far as a recovery has told.
    private var predecessors: [Position] = []
    private var entries: Deque<Entry> = []
    private var bytes = 0
    /// The newest conflated message of each key; the older ones are of no use to anyone.
    private var newestConflated: [RetainKey: UInt64] = [:]
    private var superseded = 0

    /// An empty window: nothing has come after `tail` yet.
    package init(tail: Position) {
        from = tail.offset
        gapless = tail.offset
        self.tail = tail
    }

    package var epoch: Epoch { tail.epoch }
    package var isEmpty: Bool { entries.isEmpty }

    /// The place in the window's epoch that `position` means; `nil` where that is not known.
    package func place(of position: Position) -> Position? { position.place(in: epoch, predecessors: predecessors) }

    /// Whether all that follows `position` is here, or at least all that a reader needs which knows that messages below `excused`
    /// are missing.
    package func covers(_ position: Position, excused: UInt64 = 0) -> Bool {
        guard let place = place(of: position), place.offset >= from, place.offset <= tail.offset else { return false }
        return place.offset >= gapless || excused > gapless
    }

    /// The messages after `offset` that a reader needs, in order.
    package func messages(after offset: UInt64) -> [Message] {
        var first = entries.count
        while first > 0, entries[first - 1].message.offset > offset { first -= 1 }
        return entries[first...].lazy.filter { !isSuperseded($0) }.map(\.message)
    }

    /// The position that the messages follow.
    package var start: Position { Position(epoch: epoch, offset: from) }

    /// The position before the last `count` logged messages, if they are all here, or all that there are, and known as such.
    package func start(ofLast count: Int) -> Position? {
        var seen = 0
        for entry in entries.reversed() where entry.kind != .conflated {
            guard entry.kind == .logged else { return nil }
            seen += 1
            if seen == count { return Position(epoch: epoch, offset: entry.message.offset - 1) }
        }
        return holdsEarliest ? start : nil
    }

    /// Adds the message that follows the tail.
    package mutating func append(_ announcement: Announcement) {
        let message = announcement.message
        tail = message.position
        add(Entry(announcement))
        if superseded * 2 > entries.count { dropSuperseded() }
        evict()
    }

    /// Takes in what a recovery brought: the part before the window if it reaches it, and the part behind its tail if nothing
    /// has been trimmed between. `holdsEarliest`: the recovery was asked for all that is kept.
    package mutating func merge(_ recovery: Recovery, holdsEarliest: Bool) {
        guard recovery.epoch == epoch else { return }
        predecessors = recovery.predecessors
        guard recovery.gap == nil else { return }
        let end = recovery.end.offset
        let start = recovery.start.epoch == epoch ? recovery.start.offset : 0
        guard end >= from else { return }
        if start <= from {
            prepend(recovery.messages, after: start, trimmed: recovery.trimmed)
            self.holdsEarliest = self.holdsEarliest || holdsEarliest && from == start
        }
        guard end > tail.offset, max(start, recovery.trimmed) <= tail.offset else { return }
        for message in recovery.messages where message.offset > tail.offset {
            add(Entry(recovered: message))
        }
        tail.offset = end
        evict()
    }

    private mutating func prepend(_ messages: [Message], after start: UInt64, trimmed: UInt64) {
        if gapless == from { gapless = min(trimmed, from) }
        defer { gapless = max(gapless, from) }
        from = start
        for message in messages.reversed() where entries.first.map({ message.offset < $0.message.offset }) ?? true {
            guard message.offset <= tail.offset else { continue }
            guard entries.count < Self.maximumMessages, bytes + message.data.utf8.count <= Self.maximumBytes else {
                from = message.offset
                return
            }
            entries.prepend(Entry(recovered: message))
            bytes += message.data.utf8.count
        }
    }

    private mutating func add(_ entry: Entry) {
        if entry.kind == .conflated, let key = entry.message.retain {
            if newestConflated.updateValue(entry.message.offset, forKey: key) != nil { superseded += 1 }
        }
        entries.append(entry)
        bytes += entry.message.data.utf8.count
    }

    private mutating func evict() {
        while entries.count > 1, entries.count > Self.maximumMessages || bytes > Self.maximumBytes {
            let entry = entries.removeFirst()
            holdsEarliest = false
            bytes -= entry.message.data.utf8.count
            from = entry.message.offset
            gapless = max(gapless, from)
            forget(entry)
        }
    }

    private mutating func forget(_ entry: Entry) {
        guard entry.kind == .conflated, let key = entry.message.retain else { return }
        if newestConflated[key] == entry.message.offset { newestConflated[key] = nil } else { superseded -= 1 }
    }

    private mutating func dropSuperseded() {
        entries = Deque(entries.filter { !isSuperseded($0) })
        bytes = entries.reduce(0) { $0 + $1.message.data.utf8.count }
        superseded = 0
    }

    private func isSuperseded(_ entry: Entry) -> Bool {
        guard entry.kind == .conflated, let key = entry.message.retain, let newest = newestConflated[key] else {
            return false
        }
        return newest > entry.message.offset
    }
}
