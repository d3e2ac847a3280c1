/// Where a reader starts.
package enum Start: Hashable, Sendable {
    /// All that is kept.
    case earliest
    /// Only what comes.
    case latest
    /// The last so many of the log, and what is retained after the first of them. At least 1.
    case last(Int)
    /// What comes after a position.
    case after(Position)
}

/// How much one recovery may bring: it ends with the first bound that is reached, but brings at least one message, and
/// never ends below `trimmed`: the position there would be a gap for the next page, and for a reader that comes back.
package struct RecoveryLimit: Hashable, Sendable {
    package var messages: Int
    /// Bytes of data.
    package var bytes: Int

    package init(messages: Int, bytes: Int) {
        self.messages = messages
        self.bytes = bytes
    }

    package static let unlimited = RecoveryLimit(messages: .max, bytes: .max)
}

/// What a reader asked for and can't have. It is always told.
package struct Gap: Hashable, Sendable {
    package enum Reason: String, Sendable {
        /// Retention has removed messages after the position.
        case trimmed
        /// The position is of another life of the channel, which is gone.
        case epoch
        /// The position is above the top, or above what its epoch shares with the present one: the channel has lost
        /// messages that were acknowledged.
        case future
    }

    package var asked: Position
    /// The epoch there is now.
    package var epoch: Epoch
    /// The lowest offset from which nothing is missing.
    package var haveFrom: UInt64
    package var reason: Reason

    package init(asked: Position, epoch: Epoch, haveFrom: UInt64, reason: Reason) {
        self.asked = asked
        self.epoch = epoch
        self.haveFrom = haveFrom
        self.reason = reason
    }
}

/// What there is after a start: one consistent view of a channel.
package struct Recovery: Hashable, Sendable {
    /// The channel's epoch; ``Epoch/none`` if there is no such channel.
    package var epoch: Epoch
    /// The offset of the newest message; 0 if there is none.
    package var top: UInt64
    /// The highest offset of a logged message that retention has removed; 0 if none.
    package var trimmed: UInt64
    package var closed: Bool
    /// `nil` if the recovery is complete: nothing after the start is missing.
    package var gap: Gap?
    /// The position that the messages follow. A reader that leaves before the first of them comes back with it.
    package var start: Position
    /// Logged and retained messages after `start`, in offset order.
    package var messages: [Message]
    /// Whether the messages reach the top, or the limit cut them; then the next page is after the last one's position.
    package var reachesTop: Bool
    /// Earlier epochs of this same log, newest first, each with the last offset that it shares with it: a position of
    /// such an epoch up to that offset means the same in this one. Empty unless the broker has lost its primary; bounded
    /// by the broker, which forgets the oldest.
    package var predecessors: [Position]

    package init(
        epoch: Epoch, top: UInt64, trimmed: UInt64, closed: Bool, gap: Gap?, start: Position, messages: [Message],
        reachesTop: Bool, predecessors: [Position] = []
    ) {
        self.epoch = epoch
        self.top = top
        self.trimmed = trimmed
        self.closed = closed
        self.gap = gap
        self.start = start
        self.messages = messages
        self.reachesTop = reachesTop
        self.predecessors = predecessors
    }

    /// The place in this epoch's log that `position` means; `nil` if it is of another log, or of a part of it that was
    /// lost.
    package func place(of position: Position) -> Position? {
        position == .origin
            ? Position(epoch: epoch, offset: 0) : position.place(in: epoch, predecessors: predecessors)
    }

    /// Where a reader stands that has seen all of it.
    package var end: Position {
        reachesTop ? Position(epoch: epoch, offset: top) : messages.last?.position ?? start
    }
}
