import BrokerCore
import Hub
import Tasks

/// The gateway's own Server-Sent Events.
extension ByteWriter {
    mutating func append(event opening: Opening) {
        appendEvent("stream-open") { writer in
            writer.member("channel", opening.channel.rawValue)
            writer.members(of: opening.answer)
        }
    }

    mutating func append(event gap: Gap, on channel: ChannelName) {
        appendEvent("stream-gap") { writer in
            writer.member("channel", channel.rawValue)
            writer.members(of: gap)
        }
    }

    mutating func append(endOf channel: ChannelName, _ reason: EndReason) {
        appendEvent("stream-end") { writer in
            writer.member("channel", channel.rawValue)
            writer.member("reason", reason.rawValue)
        }
    }

    /// What is against the reader, who is then let go.
    mutating func append(event problem: Problem) {
        appendEvent("stream-error") { problem.members(to: &$0) }
    }

    /// A snapshot has no id: a reader that leaves behind it comes back to where it was.
    mutating func append(event snapshot: TaskSnapshot) {
        append("event: task\n")
        var json = snapshot.json
        json.withUTF8 { appendDataLines(UnsafeRawBufferPointer($0)) }
        append("\n")
    }

    /// When to come back after the connection is lost: 1 to 3 s, by chance, so that not all come at once.
    mutating func appendRetry() {
        append("retry: ")
        append(UInt64.random(in: 1_000...3_000))
        append("\n")
    }

    /// The id of a stream of one channel.
    mutating func append(idOf position: Position) {
        append("id: ")
        append(position)
        append("\n")
    }

    /// The id of a stream of several channels, as ``PositionSet`` reads it. The one that has just moved stands first: so a reader
    /// knows which channel a message is of.
    mutating func append(idOf positions: [ChannelName: Position], moved channel: ChannelName) {
        append("id: ")
        if let position = positions[channel] { append(channel, at: position) }
        for (other, position) in positions where other != channel {
            append("&")
            append(other, at: position)
        }
        append("\n")
    }

    private mutating func append(_ channel: ChannelName, at position: Position) {
        Percent.encode(channel.rawValue) { append(byte: $0) }
        append("=")
        append(position)
    }

    private mutating func append(_ position: Position) {
        append(position.epoch.rawValue)
        append(":")
        append(position.offset)
    }

    private mutating func appendEvent(_ name: StaticString, _ members: (inout ByteWriter) -> Void) {
        append("event: ")
        append(name)
        append("\ndata: ")
        object(members)
        append("\n\n")
    }
}
