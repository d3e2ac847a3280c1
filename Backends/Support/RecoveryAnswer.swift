package import BrokerCore

extension Recovery {
    /// What a channel that does not exist holds.
    package static func absent(from start: Start) -> Recovery {
        var gap: Gap?
        if case .after(let position) = start, position != .origin {
            gap = Gap(asked: position, epoch: .none, haveFrom: 1, reason: .epoch)
        }
        return Recovery(
            epoch: .none, top: 0, trimmed: 0, closed: false, gap: gap, start: .origin, messages: [], reachesTop: true)
    }

    /// What a store has answered, which gives the gap by its reason alone.
    /// - Parameters:
    ///   - start: what was asked for; the gap is told to whoever asked for what follows a position.
    ///   - reason: empty if there is no gap.
    ///   - first: the offset of the position behind which `messages` begin.
    /// - Returns: `nil` for a reason that is none, or a gap that nobody can have asked for.
    package static func answered(
        to start: Start, epoch: Epoch, top: UInt64, trimmed: UInt64, closed: Bool, reason: String, first: UInt64,
        reachesTop: Bool, predecessors: [Position], messages: [Message]
    ) -> Recovery? {
        var gap: Gap?
        if !reason.isEmpty {
            guard case .after(let asked) = start, let reason = Gap.Reason(rawValue: reason) else { return nil }
            gap = Gap(asked: asked, epoch: epoch, haveFrom: trimmed + 1, reason: reason)
        }
        return Recovery(
            epoch: epoch, top: top, trimmed: trimmed, closed: closed, gap: gap,
            start: Position(epoch: epoch, offset: first), messages: messages, reachesTop: reachesTop,
            predecessors: predecessors)
    }
}

extension Position {
    /// Positions with a space between them; `nil` where one is none.
    package static func list(_ text: String) -> [Position]? {
        var positions: [Position] = []
        for word in text.split(separator: " ") {
            guard let position = try? Position(word) else { return nil }
            positions.append(position)
        }
        return positions
    }
}
