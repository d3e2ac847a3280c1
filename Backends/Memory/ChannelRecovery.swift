import BrokerCore
import DequeModule

extension Recovery {
    /// What a channel that does not exist holds.
    static func absent(from start: Start) -> Recovery {
        var gap: Gap?
        if case .after(let position) = start, position != .origin {
            gap = Gap(asked: position, epoch: .none, haveFrom: 1, reason: .epoch)
        }
        return Recovery(
            epoch: .none, top: 0, trimmed: 0, closed: false, gap: gap, start: .origin, messages: [], reachesTop: true
        )
    }
}

extension MemoryChannel {
    func recover(from start: Start, limit: RecoveryLimit) -> Recovery {
        let (offset, gap) = resolve(start)
        let (messages, reachesTop) = page(after: offset, limit: limit)
        return Recovery(
            epoch: epoch, top: top, trimmed: trimmed, closed: closed, gap: gap,
            start: Position(epoch: epoch, offset: offset), messages: messages, reachesTop: reachesTop,
            predecessors: predecessors
        )
    }

    /// The offset after which the reader gets all there is, and what it misses.
    private func resolve(_ start: Start) -> (offset: UInt64, gap: Gap?) {
        switch start {
        case .earliest: (earliest, nil)
        case .latest: (top, nil)
        case .last(let count): (offset(beforeLast: max(count, 1)), nil)
        case .after(let position): resolve(position)
        }
    }

    private func resolve(_ position: Position) -> (offset: UInt64, gap: Gap?) {
        func gap(_ reason: Gap.Reason) -> Gap {
            Gap(asked: position, epoch: epoch, haveFrom: trimmed + 1, reason: reason)
        }
        let isKnown = position.epoch == epoch || predecessors.contains { $0.epoch == position.epoch }
        guard isKnown || position == .origin else { return (earliest, gap(.epoch)) }
        let isShared = position == .origin || position.place(in: epoch, predecessors: predecessors) != nil
        guard isShared, position.offset <= top else { return (earliest, gap(.future)) }
        return (position.offset, position.offset < trimmed ? gap(.trimmed) : nil)
    }

    /// The offset before all that is kept: retained messages may be older than the log.
    private var earliest: UInt64 {
        let kept = [log.first?.offset, retained.values.map(\.message.offset).min()].compactMap { $0 }.min()
        return kept.map { min(trimmed, $0 - 1) } ?? top
    }

    private func offset(beforeLast count: Int) -> UInt64 {
        count <= log.count ? log[log.count - count].offset - 1 : earliest
    }

    /// Merges the log after `offset` with what is kept only as retained.
    ///
    /// The limit never ends a page below ``trimmed``: the next page would begin at a position that, by itself, is a gap.
    private func page(after offset: UInt64, limit: RecoveryLimit) -> (messages: [Message], reachesTop: Bool) {
        var loose = retained.values.lazy
            .filter { ($0.conflated || $0.message.offset <= trimmed) && $0.message.offset > offset }
            .map(\.message).sorted { $0.offset < $1.offset }[...]
        var index = firstIndex(after: offset)
        var messages: [Message] = []
        messages.reserveCapacity(min(loose.count + log.count - index, max(limit.messages, 0)))
        var bytes = 0
        while index < log.count || !loose.isEmpty {
            let isLoose = loose.first.map { index == log.count || $0.offset < log[index].offset } ?? false
            let next = isLoose ? loose[loose.startIndex] : log[index]
            bytes += next.data.utf8.count
            let full = messages.count >= limit.messages || bytes > limit.bytes
            if full, let last = messages.last, last.offset >= trimmed { return (messages, false) }
            messages.append(next)
            if isLoose { loose.removeFirst() } else { index += 1 }
        }
        return (messages, true)
    }

    /// The index of the first logged message above `offset`, by bisection.
    private func firstIndex(after offset: UInt64) -> Int {
        var low = 0
        var high = log.count
        while low < high {
            let middle = (low + high) / 2
            if log[middle].offset > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
