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

    private mutating func appendEvent(_ name: StaticString, _ members: (inout ByteWriter) -> Void) {
        append("event: ")
        append(name)
        append("\ndata: ")
        object(members)
        append("\n\n")
    }
}
