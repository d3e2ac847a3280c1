import BrokerCore
import BrokerSupport

extension Library {
    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) -> Call {
        let bounds = [Self.bound(limit.messages), Self.bound(limit.bytes)]
        return Call(library: self, function: "recover", key: key(of: channel), arguments: bounds + Self.words(start))
    }

    /// What a recovery `from` there brought; `nil` for an answer of another shape.
    static func recovery(_ reply: Reply, of channel: ChannelName, from start: Start) -> Recovery? {
        if case .null = reply { return .absent(from: start) }
        guard let words = reply.array, words.count >= headWords, let epoch = words[0].text.flatMap(Epoch.init),
            let top = offset(words[1]), let trimmed = offset(words[2]), let closed = flag(words[3]),
            let reason = words[4].text, let first = offset(words[5]), let reachesTop = flag(words[6]),
            let predecessors = words[7].text.flatMap(Position.list),
            let messages = messages(words.dropFirst(headWords), on: channel, epoch: epoch)
        else { return nil }
        return .answered(
            to: start, epoch: epoch, top: top, trimmed: trimmed, closed: closed, reason: reason, first: first,
            reachesTop: reachesTop, predecessors: predecessors, messages: messages)
    }

    /// The words of an answer before its records.
    private static let headWords = 8

    /// A limit as a number that Lua holds exactly.
    private static func bound(_ limit: Int) -> String { String(min(max(limit, 0), Int(Position.maximumOffset))) }

    private static func words(_ start: Start) -> [String] {
        switch start {
        case .earliest: ["earliest"]
        case .latest: ["latest"]
        case .last(let count): ["last", bound(max(count, 1))]
        case .after(let position): ["after", position.epoch.rawValue, String(position.offset)]
        }
    }

    private static func messages(
        _ words: ArraySlice<Reply>, on channel: ChannelName, epoch: Epoch
    ) -> [Message]? {
        var messages: [Message] = []
        messages.reserveCapacity(words.count)
        for word in words {
            guard let record = word.text.flatMap({ Record($0) }) else { return nil }
            messages.append(record.message(on: channel, epoch: epoch))
        }
        return messages
    }
}
