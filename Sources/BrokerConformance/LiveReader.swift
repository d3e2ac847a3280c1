import BrokerCore

/// Reads a channel as a gateway does: attached first, then recovered page by page, then live, and recovered again
/// when continuity is lost.
struct LiveReader {
    /// Small, so that a recovery that races with publishers takes several pages.
    private static let page = RecoveryLimit(messages: 50, bytes: .max)

    private let handle: ConformanceHandle
    private let channel: ChannelName
    private let follower: Follower
    /// What was delivered, in the order of delivery.
    private(set) var messages: [Message] = []
    /// The position that the reader stands at.
    private(set) var position: Position
    private(set) var isClosed = false

    /// Attaches the channel and reads what there is after the start. A gap is a failure.
    init(_ channel: ChannelName, from start: Start, on handle: ConformanceHandle) async throws {
        (self.handle, self.channel) = (handle, channel)
        follower = try await handle.follow(channel)
        position = .origin
        try await catchUp(from: start)
    }

    /// Reads until a message for which `isLast`, the channel's last, or its deletion.
    mutating func read(until isLast: (Message) -> Bool) async throws {
        if messages.contains(where: isLast) || isClosed { return }
        while let event = await follower.next() {
            switch event {
            case .published(let announcement): try deliver(announcement)
            case .deleted: return
            case .continuityLost: break
            case .continuityRestored: try await catchUp(from: .after(position))
            }
            if messages.last.map(isLast) == true || isClosed { return }
        }
        throw ConformanceFailure("the events ended while a reader of \(channel) was reading")
    }

    private mutating func deliver(_ announcement: Announcement) throws {
        let message = announcement.message
        guard message.offset > position.offset || message.epoch != position.epoch else { return }
        let follows = message.epoch == position.epoch || position.epoch == .none || message.offset == 1
        let expected = message.epoch == position.epoch ? position.offset + 1 : 1
        try expect(
            follows && message.offset == expected,
            "\(message.position) was announced to a reader that stands at \(position)")
        messages.append(message)
        position = message.position
        isClosed = announcement.closes
    }

    private mutating func catchUp(from start: Start) async throws {
        var recovery = try await handle.recover(channel, from: start, limit: Self.page)
        while true {
            try expectEqual(recovery.gap, nil, "gap of a reader from \(start)")
            messages += recovery.messages
            position = recovery.end
            isClosed = recovery.closed && recovery.reachesTop
            if recovery.reachesTop { return }
            recovery = try await handle.recover(channel, from: .after(position), limit: Self.page)
        }
    }
}
