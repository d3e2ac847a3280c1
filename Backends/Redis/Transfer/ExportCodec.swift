import BrokerCore
import BrokerSupport

extension Library {
    /// The words of an export's answer before its items.
    private static let exportHeadWords = 14

    func export(_ channel: ChannelName, from place: TransferPlace, bytes: Int) -> Command {
        TransferScript.export.command(
            keys: [key(of: channel)],
            [
                place.part.rawValue, String(place.after), String(bytes), String(TransferItem.overhead),
                String(BrokerSettings.idempotencyWindow.wholeMilliseconds),
            ])
    }

    /// What `export.lua` has answered, `.some(nil)` if there is no such channel; `nil` for an answer of another shape.
    static func page(_ reply: Reply, of channel: ChannelName) -> TransferPage?? {
        if case .null = reply { return .some(nil) }
        guard let words = reply.array, words.count >= exportHeadWords, let head = head(words, of: channel),
            let part = words[10].text, let after = offset(words[11]),
            let logged = words[12].integer.flatMap({ Int(exactly: $0) }),
            let retained = words[13].integer.flatMap({ Int(exactly: $0) })
        else { return nil }
        var items: [TransferItem] = []
        items.reserveCapacity(words.count - exportHeadWords)
        for (index, word) in words.dropFirst(exportHeadWords).enumerated() {
            guard let text = word.text else { return nil }
            if index < logged + retained {
                guard let announcement = Record(text)?.announcement(on: channel, epoch: head.epoch) else { return nil }
                items.append(index < logged ? .logged(announcement) : .retained(announcement))
            } else {
                guard let key = idempotencyKey(text) else { return nil }
                items.append(key)
            }
        }
        let next = TransferPlace.Part(rawValue: part).map { TransferPlace($0, after: after) }
        return TransferPage(head: head, items: items, next: next)
    }

    private static func head(_ words: [Reply], of channel: ChannelName) -> ChannelHead? {
        guard let epoch = words[0].text.flatMap(Epoch.init), let top = offset(words[1]), let trimmed = offset(words[2]),
            let closed = flag(words[3]), let fence = optionalOffset(words[4]),
            let predecessors = words[5].text.flatMap(Position.list), let copied = optionalOffset(words[6]),
            let life = words[7].integer, let newest = offset(words[8]), let time = words[9].integer
        else { return nil }
        return ChannelHead(
            channel: channel, epoch: epoch, top: top, trimmed: trimmed, closed: closed, fence: fence,
            predecessors: predecessors, copied: copied, life: life < 0 ? longestLife : .milliseconds(max(life, 1)),
            newest: newest == 0 ? nil : ChannelHead.Mark(offset: newest, time: time))
    }

    /// A century: that of a channel whose key an operator has made persistent.
    private static let longestLife = Duration.seconds(100 * 366 * 86_400)

    /// `OFFSET AGE ID`.
    private static func idempotencyKey(_ text: String) -> TransferItem? {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, let offset = UInt64(words[0]), let age = Int64(words[1]),
            let key = try? IdempotencyKey(String(words[2]))
        else { return nil }
        return .key(key, offset: offset, age: .milliseconds(age))
    }
}
