import BrokerCore
import BrokerSupport

extension Functions {
    /// A page of one part; see `70-export.sql`.
    func export(_ channel: ChannelName, from place: TransferPlace, bytes: Int) -> Query {
        call(
            "export",
            [
                .text(channel.rawValue), .text(place.part.rawValue), .integer(Int64(clamping: place.after)),
                .integer(Int64(bytes)),
            ])
    }

    /// A part's items after a place.
    struct ExportedPart {
        var head: ChannelHead
        var items: [TransferItem]
        /// The offset of the last of them; `nil` if there is none.
        var last: UInt64?
    }

    /// `.some(nil)` if there is no such channel; `nil` for an answer of another shape.
    static func part(_ rows: Rows, of channel: ChannelName, _ part: TransferPlace.Part) -> ExportedPart?? {
        guard rows.count > 0 else { return .some(nil) }
        guard let head = head(rows, of: channel) else { return nil }
        let items = rows.withBytes(0, 11) { bytes -> [TransferItem]? in
            let bytes = bytes.bindMemory(to: UInt8.self)
            switch part {
            case .log: return announcements(bytes, on: channel, head.epoch)?.map { .logged($0) }
            case .retained: return announcements(bytes, on: channel, head.epoch)?.map { .retained($0) }
            case .keys: return keys(String(decoding: bytes, as: UTF8.self))
            }
        }
        guard let items, let items else { return nil }
        return ExportedPart(head: head, items: items, last: offset(rows, 0, 10))
    }

    private static func head(_ rows: Rows, of channel: ChannelName) -> ChannelHead? {
        guard let epoch = rows.text(0, 0).flatMap(Epoch.init), let top = offset(rows, 0, 1),
            let trimmed = offset(rows, 0, 2), let closed = rows.bool(0, 3),
            let predecessors = rows.text(0, 5).flatMap(Position.list), let life = rows.int(0, 7)
        else { return nil }
        let newest = offset(rows, 0, 8).flatMap { newest in
            rows.int(0, 9).map { ChannelHead.Mark(offset: newest, time: $0) }
        }
        return ChannelHead(
            channel: channel, epoch: epoch, top: top, trimmed: trimmed, closed: closed, fence: offset(rows, 0, 4),
            predecessors: predecessors, copied: offset(rows, 0, 6), life: .milliseconds(life), newest: newest)
    }

    private static func announcements(
        _ bytes: UnsafeBufferPointer<UInt8>, on channel: ChannelName, _ epoch: Epoch
    ) -> [Announcement]? {
        var reader = RecordReader(bytes)
        return reader.readAll { $0.announcement(on: channel, epoch: epoch) }
    }

    /// Lines of `OFFSET AGE KEY`.
    private static func keys(_ text: String) -> [TransferItem]? {
        var items: [TransferItem] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let offset = UInt64(words[0]), let age = Int64(words[1]),
                let key = try? IdempotencyKey(String(words[2]))
            else { return nil }
            items.append(.key(key, offset: offset, age: .milliseconds(age)))
        }
        return items
    }
}

// MARK: - Restoring

extension Functions {
    /// Calls a function whose commit does not wait for the disk: what comes after it and does makes both last.
    private func callUnflushed(_ function: String, _ arguments: [Parameter]) -> Query {
        var query = call(function, arguments)
        query.sql += ", set_config('synchronous_commit', 'off', true)"
        return query
    }

    func beginRestoration(of channel: ChannelName) -> Query {
        callUnflushed("restore_begin", [.text(channel.rawValue)])
    }

    func restore(_ announcements: [Announcement], logged: Bool, to copy: Int64) -> Query {
        let messages = announcements.map(\.message)
        return callUnflushed(
            "restore_messages",
            [
                .integer(copy), .boolean(logged), .integers(messages.map { Int64(clamping: $0.offset) }),
                .integers(messages.map(\.time)), .texts(announcements.map(\.flags)),
                .texts(messages.map(\.event.rawValue)), .texts(messages.map { $0.retain?.rawValue }),
                .byteArrays(of: messages.map(\.data)),
            ])
    }

    func restore(_ keys: [(key: IdempotencyKey, offset: UInt64, age: Duration)], to copy: Int64) -> Query {
        callUnflushed(
            "restore_keys",
            [
                .integer(copy), .texts(keys.map(\.key.rawValue)), .integers(keys.map { Int64(clamping: $0.offset) }),
                .integers(keys.map { $0.age.wholeMilliseconds }),
            ])
    }

    func commitRestoration(
        _ copy: Int64, _ head: ChannelHead, replacing replaced: Position?, patience: Duration
    ) -> Query {
        call(
            "restore_commit",
            [
                .integer(copy), .text(head.epoch.rawValue), .integer(Int64(clamping: head.top)),
                .integer(Int64(clamping: head.trimmed)), .boolean(head.closed),
                .integer(head.fence.map { Int64(clamping: $0) }),
                .text(head.predecessors.map(\.description).joined(separator: " ")),
                .integer(max(head.life.wholeMilliseconds, 1)), .text(replaced?.epoch.rawValue),
                .integer(replaced.map { Int64(clamping: $0.offset) }), .integer4(patience.milliseconds),
            ])
    }

    func abandonRestoration(_ copy: Int64) -> Query { call("restore_abandon", [.integer(copy)]) }
}
