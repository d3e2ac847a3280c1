import BrokerCore

/// A message as it is stored and announced: `OFFSET TIME FLAGS EVENT KEY BYTES`, a line feed, the data. A person may read
/// it in `redis-cli`; the length makes it exact whatever the data holds.
struct Record: Hashable, Sendable {
    var offset: UInt64
    /// Milliseconds since 1970.
    var time: Int64
    var event: EventName
    var key: RetainKey?
    var format: DataFormat
    var conflated: Bool
    var closes: Bool
    var data: String

    /// Reads one record and nothing else; `nil` for any other text.
    init?(_ text: String) {
        var text = text
        let record = text.withUTF8 { bytes -> Record? in
            var reader = RecordReader(bytes)
            let record = reader.next()
            return reader.isAtEnd ? record : nil
        }
        guard let record else { return nil }
        self = record
    }

    init(
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

    func message(on channel: ChannelName, epoch: Epoch) -> Message {
        Message(
            channel: channel, epoch: epoch, offset: offset, event: event, data: data, format: format, time: time,
            retain: key)
    }

    func announcement(on channel: ChannelName, epoch: Epoch) -> Announcement {
        Announcement(message: message(on: channel, epoch: epoch), conflated: conflated, closes: closes)
    }
}
