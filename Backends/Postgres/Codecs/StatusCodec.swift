import BrokerCore
import BrokerSupport

extension Functions {
    func inspect(_ channel: ChannelName) -> Query { call("inspect", [.text(channel.rawValue)]) }

    /// The channel's status, `.some(nil)` if there is no such channel; `nil` for an answer of another shape.
    static func status(_ rows: Rows, of channel: ChannelName) -> ChannelStatus?? {
        guard rows.count > 0 else { return .some(nil) }
        guard let epoch = rows.text(0, 0).flatMap(Epoch.init), let top = offset(rows, 0, 1),
            let trimmed = offset(rows, 0, 2), let closed = rows.bool(0, 3),
            let retained = messages(rows, 0, 5, on: channel, epoch: epoch)
        else { return nil }
        let fence = offset(rows, 0, 4)
        guard fence != nil || rows.isNull(0, 4) else { return nil }
        return ChannelStatus(
            channel: channel, epoch: epoch, top: top, trimmed: trimmed, closed: closed, fence: fence,
            retained: retained)
    }

    /// Removes the channel, and announces that.
    /// - Parameter patience: how long to wait for another transaction that holds it.
    func remove(_ channel: ChannelName, patience: Duration) -> Query {
        call("remove", [.text(channel.rawValue), .integer4(patience.milliseconds)])
    }

    /// Whether there was a channel to remove; `nil` for an answer of another shape.
    static func removal(_ rows: Rows) -> Bool? { rows.bool(0, 0) }

    func list(_ query: ChannelQuery) -> Query {
        call("list", [.text(query.prefix), .text(query.after?.rawValue), .integer4(Int32(clamping: query.limit))])
    }

    /// A page of the list; `nil` for an answer of another shape.
    static func summaries(_ rows: Rows) -> [ChannelSummary]? {
        var summaries: [ChannelSummary] = []
        for row in 0..<rows.count {
            guard let channel = rows.text(row, 0).flatMap({ try? ChannelName($0) }),
                let epoch = rows.text(row, 1).flatMap(Epoch.init), let top = offset(rows, row, 2),
                let closed = rows.bool(row, 3)
            else { return nil }
            summaries.append(ChannelSummary(channel: channel, epoch: epoch, top: top, closed: closed))
        }
        return summaries
    }
}

// MARK: - What answers are made of

extension Functions {
    static func offset(_ rows: Rows, _ row: Int, _ column: Int) -> UInt64? {
        rows.int(row, column).flatMap { UInt64(exactly: $0) }
    }

    /// The messages of records that follow one another; `nil` where they are something else.
    static func messages(
        _ rows: Rows, _ row: Int, _ column: Int, on channel: ChannelName, epoch: Epoch
    ) -> [Message]? {
        rows.withBytes(row, column) { bytes -> [Message]? in
            var reader = RecordReader(bytes.bindMemory(to: UInt8.self))
            return reader.readAll { $0.message(on: channel, epoch: epoch) }
        } ?? nil
    }
}
