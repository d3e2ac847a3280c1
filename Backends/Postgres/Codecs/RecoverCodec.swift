import BrokerCore
import BrokerSupport

extension Functions {
    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) -> Query {
        var (kind, count, position) = ("earliest", 0, Position.origin)
        switch start {
        case .earliest: break
        case .latest: kind = "latest"
        case .last(let last): (kind, count) = ("last", max(last, 1))
        case .after(let after): (kind, position) = ("after", after)
        }
        return call(
            "recover",
            [
                .text(channel.rawValue), .text(kind), .integer(Int64(count)),
                .text(position.epoch.rawValue), .integer(Int64(clamping: position.offset)),
                .integer(Int64(max(limit.messages, 0))), .integer(Int64(max(limit.bytes, 0))),
            ])
    }

    /// What a recovery `from` there brought; `nil` for an answer of another shape.
    static func recovery(_ rows: Rows, of channel: ChannelName, from start: Start) -> Recovery? {
        guard rows.count > 0 else { return absent(from: start) }
        guard let epoch = rows.text(0, 0).flatMap(Epoch.init), let top = offset(rows, 0, 1),
            let trimmed = offset(rows, 0, 2), let closed = rows.bool(0, 3), let reason = rows.text(0, 4),
            let first = offset(rows, 0, 5), let reachesTop = rows.bool(0, 6),
            let predecessors = rows.text(0, 7).flatMap(positions),
            let messages = messages(rows, 0, 8, on: channel, epoch: epoch)
        else { return nil }
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

    /// What a channel that does not exist holds.
    private static func absent(from start: Start) -> Recovery {
        var gap: Gap?
        if case .after(let position) = start, position != .origin {
            gap = Gap(asked: position, epoch: .none, haveFrom: 1, reason: .epoch)
        }
        return Recovery(
            epoch: .none, top: 0, trimmed: 0, closed: false, gap: gap, start: .origin, messages: [], reachesTop: true)
    }

    /// Positions with a space between them.
    static func positions(_ text: String) -> [Position]? {
        var positions: [Position] = []
        for word in text.split(separator: " ") {
            guard let position = try? Position(word) else { return nil }
            positions.append(position)
        }
        return positions
    }
}
