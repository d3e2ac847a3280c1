import BrokerCore

extension MemoryChannel {
    /// The part of the channel from `place` on that has about so many bytes.
    ///
    /// Whether an earlier message closed the channel is not kept; it matters to nobody who reads it later.
    func export(
        from place: TransferPlace, bytes: Int,
        keys: @autoclosure () -> [IdempotencyWindow.Remembered],
        now: Int64
    ) -> TransferPage {
        var page = TransferPage(head: head(now: now), items: [], next: nil)
        var room = bytes
        var place = place
        while true {
            for (offset, item) in items(of: place.part, keys) where offset > place.after {
                guard room > 0 || page.items.isEmpty else {
                    page.next = place
                    return page
                }
                page.items.append(item)
                room -= item.size
                place.after = offset
            }
            guard let part = place.part.next else { return page }
            place = TransferPlace(part)
        }
    }

    private func head(now: Int64) -> ChannelHead {
        ChannelHead(
            channel: name, epoch: epoch, top: top, trimmed: trimmed, closed: closed, fence: fence,
            predecessors: predecessors, copied: copied, life: .milliseconds(deadline - now),
            newest: log.last.map { ChannelHead.Mark(offset: $0.offset, time: $0.time) })
    }

    /// The items of a part, and what their places are called: their offsets.
    private func items(
        of part: TransferPlace.Part, _ keys: () -> [IdempotencyWindow.Remembered]
    ) -> [(UInt64, TransferItem)] {
        switch part {
        case .log: log.map { ($0.offset, .logged(announcement($0, conflated: false))) }
        case .retained:
            retained.values.sorted { $0.message.offset < $1.message.offset }.map {
                ($0.message.offset, .retained(announcement($0.message, conflated: $0.conflated)))
            }
        case .keys:
            keys().map { ($0.offset, .key($0.key, offset: $0.offset, age: .milliseconds($0.age))) }
        }
    }

    private func announcement(_ message: Message, conflated: Bool) -> Announcement {
        Announcement(message: message, conflated: conflated, closes: closed && message.offset == top)
    }
}
