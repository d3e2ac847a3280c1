import BrokerCore
import BrokerSupport

extension Library {
    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) -> Call {
        let bounds = [Self.bound(limit.messages), Self.bound(limit.bytes)]
        return Call(library: self, function: "recover", key: key(of: channel), arguments: bounds + Self.words(start))
    }

    /// What a recovery `from` there brought; `nil` for an answer of another shape.
    static func recovery(_ reply: Reply, of channel: ChannelName, from start: Start) -> Recovery? {
        if case .null = reply { return absent(from: start) }
        guard let words = reply.array, words.count >= headWords, let epoch = words[0].text.flatMap(Epoch.init),
            let top = offset(words[1]), let trimmed = offset(words[2]), let closed = flag(words[3]),
            let reason = words[4].text, let first = offset(words[5]), let reachesTop = flag(words[6]),
            let predecessors = words[7].text.flatMap(positions)
        else { return nil }
        var gap: Gap?
        if !reason.isEmpty {
            guard case .after(let asked) = start, let reason = Gap.Reason(rawValue: reason) else { return nil }
            gap = Gap(asked: asked, epoch: epoch, haveFrom: trimmed + 1, reason: reason)
        }
        guard let messages = messages(words.dropFirst(headWords), on: channel, epoch: epoch) else { return nil }
        return Recovery(
            epoch: epoch, top: top, trimmed: trimmed, closed: closed, gap: gap,
            start: Position(epoch: epoch, offset: first), messages: messages, reachesTop: reachesTop,
            predecessors: predecessors)
    }

    /// The words of an answer before its records.
    private static let headWords = 8

    /// What a channel that does not exist holds.
    private static func absent(from start: Start) -> Recovery {
        var gap: Gap?
        if case .after(let position) = start, position != .origin {
            gap = Gap(asked: position, epoch: .none, haveFrom: 1, reason: .epoch)
        }
        return Recovery(
            epoch: .none, top: 0, trimmed: 0, closed: false, gap: gap, start: .origin, messages: [], reachesTop: true)
    }

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

    /// Positions with a space between them.
    static func positions(_ text: String) -> [Position]? {
        var positions: [Position] = []
        for word in text.split(separator: " ") {
            guard let position = try? Position(word) else { return nil }
            positions.append(position)
        }
        return positions
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
