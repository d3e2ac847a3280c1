package import BrokerCore

/// Where a reader that named a start begins to be fed, and what it can't have.
package struct Answer: Hashable, Sendable {
    /// What was asked for and is missing; `nil` if nothing is.
    package var gap: Gap?
    /// The messages after this position are the reader's.
    package var start: Position
    package var epoch: Epoch
    package var top: UInt64
    package var closed: Bool
    /// The lowest offset from which nothing is missing. Between the start and it there may be older messages, which are retained.
    package var haveFrom: UInt64

    package init(gap: Gap?, start: Position, epoch: Epoch, top: UInt64, closed: Bool, haveFrom: UInt64) {
        self.gap = gap
        self.start = start
        self.epoch = epoch
        self.top = top
        self.closed = closed
        self.haveFrom = haveFrom
    }

    /// The reader has seen all that there will ever be.
    package var isFinished: Bool { closed && gap == nil && start == Position(epoch: epoch, offset: top) }
}

extension Recovery {
    /// What the broker would have answered to `ask`, worked out from this recovery, which was begun at `query` and after `ask` had
    /// come: so one recovery serves all who asked before it.
    ///
    /// `nil` where this page can't tell, or does not hold what the reader needs next. A recovery always answers the start
    /// that it was made for.
    package func answer(to ask: Start, query: Start) -> Answer? {
        if ask == query { return answer(gap, from: start) }
        switch ask {
        case .latest: return answer(nil, from: Position(epoch: epoch, offset: top))
        case .earliest: return holdsTheEarliest(query) && gap == nil ? answer(nil, from: start) : nil
        case .last: return nil
        case .after(let position): return answer(after: position, query: query)
        }
    }

    private func answer(after asked: Position, query: Start) -> Answer? {
        guard let position = place(of: asked), position.offset <= top else {
            let reason = isOfThisLog(asked) ? Gap.Reason.future : .epoch
            return holdsTheEarliest(query) ? answer(missing(asked, reason), from: start) : nil
        }
        guard position.offset < end.offset || position == end && reachesTop,
            holdsTheEarliest(query) || position.offset >= start.offset
        else { return nil }
        return answer(position.offset < trimmed ? missing(asked, .trimmed) : nil, from: position)
    }

    private func isOfThisLog(_ position: Position) -> Bool {
        position.epoch == epoch || predecessors.contains { $0.epoch == position.epoch }
    }

    /// Whether the messages begin with the first that is kept.
    private func holdsTheEarliest(_ query: Start) -> Bool {
        query == .earliest || gap.map { $0.reason != .trimmed } ?? false
    }

    private func missing(_ asked: Position, _ reason: Gap.Reason) -> Gap {
        Gap(asked: asked, epoch: epoch, haveFrom: trimmed + 1, reason: reason)
    }

    private func answer(_ gap: Gap?, from start: Position) -> Answer {
        Answer(gap: gap, start: start, epoch: epoch, top: top, closed: closed, haveFrom: trimmed + 1)
    }
}
