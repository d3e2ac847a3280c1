package import BrokerCore

/// A message as it is stored and announced: `OFFSET TIME FLAGS EVENT KEY BYTES`, a line feed, the data. A person may read
/// it as it stands; the length makes it exact whatever the data holds.
package struct Record: Hashable, Sendable {
    /// The message's place in its epoch.
    package var offset: UInt64
    /// Milliseconds since 1970.
    package var time: Int64
    /// What kind of message it is.
    package var event: EventName
    /// The key under which it is retained.
    package var key: RetainKey?
    /// What `data` is.
    package var format: DataFormat
    /// Whether it is kept as the newest of its key only.
    package var conflated: Bool
    /// Whether it is the channel's last.
    package var closes: Bool
    /// At most ``BrokerSettings/maximumMessageBytes``.
    package var data: String

    /// Reads one record and nothing else; `nil` for any other text.
    package init?(_ text: String) {
        var text = text
        let record = text.withUTF8 { bytes -> Record? in
            var reader = RecordReader(bytes)
            let record = reader.next()
            return reader.isAtEnd ? record : nil
        }
        guard let record else { return nil }
        self = record
    }

    /// A record of these.
    package init(
        offset: UInt64, time: Int64, event: EventName, key: RetainKey?, format: DataFormat, conflated: Bool,
        closes: Bool, data: String
    ) {
        self.offset = offset
        self.time = time
        self.event = event
        self.key = key
        self.format = format
        self.conflated = conflated
        self.closes = closes
        self.data = data
    }

    /// The message that it is, on the channel under whose name it came.
    package func message(on channel: ChannelName, epoch: Epoch) -> Message {
        Message(
            channel: channel, epoch: epoch, offset: offset, event: event, data: data, format: format, time: time,
            retain: key)
    }

    /// The same as an announcement.
    package func announcement(on channel: ChannelName, epoch: Epoch) -> Announcement {
        Announcement(message: message(on: channel, epoch: epoch), conflated: conflated, closes: closes)
    }
}
