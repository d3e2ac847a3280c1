package import BrokerCore

/// What a shard knows of a channel: a pure state machine over announcements and recoveries.
///
/// It finds out whether an announcement follows the one before, was recovered already, or shows that
/// something was missed; and it keeps the ``Window`` from which readers go on.
package struct ChannelView {
    /// What an announcement is to those who have seen everything up to the tail.
    package enum Verdict: Hashable, Sendable {
        /// The next message: theirs.
        case next
        /// A recovery had brought it already.
        case known
        /// Messages are missing before it, or the log went backwards: they must recover from where they stand.
        case broken
    }

    /// `nil` as long as nobody knows where the channel's log ends.
    package private(set) var window: Window?
    package private(set) var closed = false
    /// The last announcement since the channel was attached: announcements themselves leave no hole and never go back.
    private var announced: Position?
    /// Whether the broker was heard of this channel lately.
    package private(set) var isFresh = false

    package init() {}

    package var tail: Position? { window?.tail }

    /// Whether the window holds what follows `position`, for a reader which knows that messages below `excused` are missing.
    package func covers(_ position: Position, excused: UInt64 = 0) -> Bool {
        window?.covers(position, excused: excused) ?? false
    }

    /// Takes in an announcement. `closed` and the tail are the channel's after it.
    package mutating func announce(_ announcement: Announcement) -> Verdict {
        let position = announcement.message.position
        defer {
            announced = position
            isFresh = true
        }
        guard let tail, follows(position, announced) else { return restart(at: announcement) }
        if tail.epoch == position.epoch, position.offset <= tail.offset { return .known }
        guard Self.next(after: tail, is: position) else { return restart(at: announcement) }
        if tail.epoch != position.epoch { window = Window(tail: Position(epoch: position.epoch, offset: 0)) }
        window?.append(announcement)
        closed = announcement.closes
        return .next
    }

    /// Takes in what a recovery, begun at `query` after the channel was attached, has brought.
    ///
    /// `undisturbed`: nothing was announced since it was begun, so that it is right where it contradicts what was known: the
    /// channel has expired, or its log went backwards.
    /// - Returns: whether those who were live up to the tail have something before them now: the tail has moved without an
    ///   announcement that they could have been given.
    package mutating func recovered(_ recovery: Recovery, query: Start, undisturbed: Bool) -> Bool {
        let before = tail
        let top = Position(epoch: recovery.epoch, offset: recovery.top)
        if let before, before != .origin {
            let contradicts = before.epoch != top.epoch || before.offset > top.offset
            guard !contradicts || undisturbed else { return false }
            if contradicts || recovery.trimmed > before.offset { restart(at: top) }
        } else {
            restart(at: top)
        }
        window?.merge(recovery, holdsEarliest: query == .earliest)
        let hasMoved = before != tail
        if tail == top { closed = recovery.closed } else if hasMoved { closed = false }
        isFresh = true
        return before != nil && hasMoved
    }

    /// The answer to a reader's question, if the window can give it.
    package func answer(to start: Start) -> Answer? {
        guard isFresh, let window else { return nil }
        let found: (gap: Gap?, start: Position)? =
            switch start {
            case .latest: (nil, window.tail)
            case .earliest: window.holdsEarliest ? (nil, window.start) : nil
            case .last(let count): window.start(ofLast: count).map { (nil, $0) }
            case .after(.origin): window.holdsEarliest ? (gap(after: .origin, in: window), window.start) : nil
            case .after(let position):
                window.covers(position, excused: .max)
                    ? window.place(of: position).map { (gap(after: position, in: window), $0) } : nil
            }
        return found.map {
            Answer(
                gap: $0.gap, start: $0.start, epoch: window.epoch, top: window.tail.offset, closed: closed,
                haveFrom: window.gapless + 1)
        }
    }

    private func gap(after asked: Position, in window: Window) -> Gap? {
        guard asked.offset < window.gapless else { return nil }
        return Gap(asked: asked, epoch: window.epoch, haveFrom: window.gapless + 1, reason: .trimmed)
    }

    /// Announcements may have been missed, or the log is gone: nothing is known any more.
    package mutating func forget() {
        self = ChannelView()
    }

    /// Lets go of the messages, and asks the broker again before it answers anyone: for a channel on which nothing has happened
    /// for a while, and which may have expired since.
    package mutating func rest() {
        guard let tail else { return }
        window = Window(tail: tail)
        isFresh = false
    }

    private mutating func restart(at top: Position) {
        window = Window(tail: top)
        announced = nil
    }

    private mutating func restart(at announcement: Announcement) -> Verdict {
        let message = announcement.message
        var window = Window(tail: Position(epoch: message.epoch, offset: message.offset - 1))
        window.append(announcement)
        self.window = window
        closed = announcement.closes
        return .broken
    }

    private func follows(_ position: Position, _ announced: Position?) -> Bool {
        guard let announced else { return true }
        return Self.next(after: announced, is: position)
    }

    /// The first message of an epoch follows the end of nothing only: after another epoch's message it is a break.
    private static func next(after tail: Position, is position: Position) -> Bool {
        if tail == .origin { return position.offset == 1 }
        return tail.epoch == position.epoch && position.offset == tail.offset + 1
    }
}
