/// A channel at one moment.
package struct ChannelStatus: Hashable, Sendable {
    package var channel: ChannelName
    package var epoch: Epoch
    package var top: UInt64
    package var trimmed: UInt64
    package var closed: Bool
    /// The highest fence that a publication has carried; `nil` if none has.
    package var fence: UInt64?
    /// The newest message of each retain key, in offset order.
    package var retained: [Message]

    package init(
        channel: ChannelName, epoch: Epoch, top: UInt64, trimmed: UInt64, closed: Bool, fence: UInt64?,
        retained: [Message]
    ) {
        self.channel = channel
        self.epoch = epoch
        self.top = top
        self.trimmed = trimmed
        self.closed = closed
        self.fence = fence
        self.retained = retained
    }
}

/// Which channels to list, a page at a time, in the byte order of their names.
package struct ChannelQuery: Hashable, Sendable {
    /// The most channels that one page may have.
    package static let maximumLimit = 1000

    package var prefix: String
    /// The last name of the page before.
    package var after: ChannelName?
    package var limit: Int

    package init(prefix: String = "", after: ChannelName? = nil, limit: Int = ChannelQuery.maximumLimit) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }
}

/// One line of the list of channels.
package struct ChannelSummary: Hashable, Sendable {
    package var channel: ChannelName
    package var epoch: Epoch
    package var top: UInt64
    package var closed: Bool

    package init(channel: ChannelName, epoch: Epoch, top: UInt64, closed: Bool) {
        self.channel = channel
        self.epoch = epoch
        self.top = top
        self.closed = closed
    }
}
