package import BrokerCore

/// Why a subscription is over.
package enum EndReason: String, Hashable, Sendable {
    /// The channel is closed and the reader has everything.
    case closed
    /// The channel was deleted.
    case deleted
}

/// The order of one reader's way through one channel: opening, what it missed, then what comes. A pure state machine.
///
/// The shard asks for the next ``Step`` and carries it out, until the step is ``Step/rest``. What has happened since is told by
/// the other methods. Whatever the interleaving, the reader's position only moves by messages that were handed to it
/// in order, or by a gap that it was told of.
package struct SubscriptionState: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        /// Ask the broker what there is after this start; ``answered(_:)`` follows.
        case ask(Start)
        /// Tell the reader where its stream opens, and what it can't have.
        case open(Answer)
        /// Tell the reader what it can't have.
        case gap(Gap)
        /// Hand over what the window holds after this position; ``fed(to:full:)`` follows.
        case feed(after: Position)
        /// Tell the reader that there will be nothing more.
        case end(EndReason)
        /// Nothing to do until something happens.
        case rest
    }

    private enum Phase: Hashable, Sendable {
        /// Nothing has been said to the reader yet.
        case starting(Start)
        /// Behind the tail, and ready for more.
        case behind
        /// Waits for the broker's answer.
        case asking(Start)
        /// Behind the tail, with all handed over that it has room for.
        case lagging
        /// Has everything up to the tail, and gets every announcement at once.
        case live
        case ended
    }

    private var phase: Phase
    private var opened = false
    /// What is missing below this offset the reader knows, or has not asked for.
    private var excused: UInt64 = 0
    /// The last message that was handed over, or where the stream was opened. Of no meaning while it is live.
    package private(set) var position = Position.origin

    package init(start: Start) {
        phase = .starting(start)
    }

    package var isLive: Bool { phase == .live }
    package var isEnded: Bool { phase == .ended }
    package var isLagging: Bool { phase == .lagging }

    /// What it waits to hear from the broker.
    package var asked: Start? {
        if case .asking(let start) = phase { start } else { nil }
    }

    /// The next thing to do, given what is known of the channel.
    package mutating func step(_ view: borrowing ChannelView) -> Step {
        switch phase {
        case .starting(let start):
            phase = .asking(start)
            return .ask(start)
        case .behind where view.tail == position:
            guard view.closed else {
                phase = .live
                return .rest
            }
            phase = .ended
            return .end(.closed)
        case .behind where view.covers(position, excused: excused):
            return .feed(after: position)
        case .behind:
            phase = .asking(.after(position))
            return .ask(.after(position))
        case .asking, .lagging, .live, .ended:
            return .rest
        }
    }

    /// The broker, or the window for it, has answered what ``asked`` says.
    package mutating func answered(_ answer: Answer) -> Step {
        guard asked != nil else { return .rest }
        // Below another log, or a part of this one that was lost, the reader knows of nothing that is missing.
        let known = answer.gap.map { $0.reason == .trimmed } ?? true ? excused : 0
        phase = .behind
        position = answer.start
        excused = max(known, answer.haveFrom)
        if !opened {
            opened = true
            return .open(answer)
        }
        guard let gap = answer.gap, gap.reason != .trimmed || gap.haveFrom > known else { return .rest }
        return .gap(gap)
    }

    /// Messages up to `position` have been handed over; `full`: not all that there were, for want of room.
    package mutating func fed(to position: Position, full: Bool) {
        guard phase == .behind else { return }
        self.position = position
        if full { phase = .lagging }
    }

    /// The reader has taken what it was given, and has room again.
    package mutating func drained() {
        if phase == .lagging { phase = .behind }
    }

    /// It was live up to `tail`, and could not be given what follows.
    package mutating func fell(behind tail: Position) {
        guard phase == .live else { return }
        position = tail
        phase = .behind
    }

    /// The reader wants no more.
    package mutating func cancel() {
        phase = .ended
    }

    /// The channel is closed or gone: an opened stream ends here. One that has not been opened yet finds out when it asks.
    package mutating func end(_ reason: EndReason) -> Step {
        guard opened, phase != .ended else { return .rest }
        phase = .ended
        return .end(reason)
    }
}
