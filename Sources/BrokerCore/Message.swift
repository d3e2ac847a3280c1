/// How a message's data is to be read.
package enum DataFormat: String, Hashable, Sendable {
    case text
    /// One valid JSON value, kept verbatim.
    case json
}

/// One message of a channel, as every reader on every transport and broker sees it.
package struct Message: Hashable, Sendable {
    package var channel: ChannelName
    package var epoch: Epoch
    /// 1, 2, 3 … in the order of publication.
    package var offset: UInt64
    package var event: EventName
    package var data: String
    package var format: DataFormat
    /// Milliseconds since 1970, by the broker's clock.
    package var time: Int64
    /// The key under which the channel keeps this message while it is the newest of that key.
    package var retain: RetainKey?

    package init(
        channel: ChannelName, epoch: Epoch, offset: UInt64, event: EventName, data: String, format: DataFormat,
        time: Int64, retain: RetainKey?
    ) {
        self.channel = channel
        self.epoch = epoch
        self.offset = offset
        self.event = event
        self.data = data
        self.format = format
        self.time = time
        self.retain = retain
    }

    package var position: Position { Position(epoch: epoch, offset: offset) }
}

/// A message as the broker announces it to every gateway, with what only a live reader needs to know.
package struct Announcement: Hashable, Sendable {
    package var message: Message
    /// The message is not in the log: only the newest of its retain key is kept.
    package var conflated: Bool
    /// The message was the last: the channel is closed.
    package var closes: Bool

    package init(message: Message, conflated: Bool, closes: Bool) {
        self.message = message
        self.conflated = conflated
        self.closes = closes
    }
}
