import BrokerCore
import BrokerSupport

extension Library {
    func inspect(_ channel: ChannelName) -> Call {
        Call(library: self, function: "inspect", key: key(of: channel), arguments: [])
    }

    /// The channel's status, `.some(nil)` if there is no such channel; `nil` for an answer of another shape.
    static func status(_ reply: Reply, of channel: ChannelName) -> ChannelStatus?? {
        if case .null = reply { return .some(nil) }
        guard let words = reply.array, words.count >= 5, let epoch = words[0].text.flatMap(Epoch.init),
            let top = offset(words[1]), let trimmed = offset(words[2]), let closed = flag(words[3]),
            let fence = optionalOffset(words[4])
        else { return nil }
        var retained: [Message] = []
        for word in words.dropFirst(5) {
            guard let record = word.text.flatMap({ Record($0) }) else { return nil }
            retained.append(record.message(on: channel, epoch: epoch))
        }
        return ChannelStatus(
            channel: channel, epoch: epoch, top: top, trimmed: trimmed, closed: closed, fence: fence,
            retained: retained.sorted { $0.offset < $1.offset })
    }

    /// Removes the channel, and announces that.
    func delete(_ channel: ChannelName) -> Call {
        Call(library: self, function: "delete", key: key(of: channel), arguments: [])
    }

    /// Whether there was a channel to delete; `nil` for an answer of another shape.
    static func deletion(_ reply: Reply) -> Bool? { flag(reply) }

    /// Reads one line of the list of channels. A plain command: it needs no function.
    func summary(of channel: ChannelName) -> Command { Command("HMGET", key(of: channel), "e", "t", "c") }

    /// The line; `.some(nil)` if there is no such channel (any more); `nil` for an answer of another shape.
    static func summary(_ reply: Reply, of channel: ChannelName) -> ChannelSummary?? {
        guard let words = reply.array, words.count == 3 else { return nil }
        if words.allSatisfy({ $0 == .null }) { return .some(nil) }
        // The mark is written with the first close.
        guard let epoch = words[0].text.flatMap(Epoch.init), let top = offset(words[1]),
            let closed = words[2] == .null ? false : flag(words[2])
        else { return nil }
        return ChannelSummary(channel: channel, epoch: epoch, top: top, closed: closed)
    }
}

// MARK: - What answers are made of

extension Library {
    static func offset(_ reply: Reply) -> UInt64? { reply.integer.flatMap { UInt64(exactly: $0) } }

    /// `.some(nil)` for an empty text.
    static func optionalOffset(_ reply: Reply) -> UInt64?? {
        if reply.text == "" { return .some(nil) }
        return offset(reply).map { .some($0) } ?? nil
    }

    static func flag(_ reply: Reply) -> Bool? {
        switch reply.integer {
        case 0: false
        case 1: true
        default: nil
        }
    }
}
