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
        guard rows.count > 0 else { return .absent(from: start) }
        guard let epoch = rows.text(0, 0).flatMap(Epoch.init), let top = offset(rows, 0, 1),
            let trimmed = offset(rows, 0, 2), let closed = rows.bool(0, 3), let reason = rows.text(0, 4),
            let first = offset(rows, 0, 5), let reachesTop = rows.bool(0, 6),
            let predecessors = rows.text(0, 7).flatMap(Position.list),
            let messages = messages(rows, 0, 8, on: channel, epoch: epoch)
        else { return nil }
        return .answered(
            to: start, epoch: epoch, top: top, trimmed: trimmed, closed: closed, reason: reason, first: first,
            reachesTop: reachesTop, predecessors: predecessors, messages: messages)
    }
}
