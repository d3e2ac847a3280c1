import BrokerCore
import Hub

/// A message as Server-Sent Events have it (HTML standard §9.2.5).
final class EventStreamForm: WireForm {
    /// The form of a stream of one channel: the id is the message's position.
    static let single = EventStreamForm(hasID: true)
    /// The form of a stream of several: the id, different for each reader, is put before it.
    static let several = EventStreamForm(hasID: false)

    private let hasID: Bool

    private init(hasID: Bool) {
        self.hasID = hasID
    }

    func append(_ message: Message, to writer: inout ByteWriter) {
        if hasID { writer.append(idOf: message.position) }
        if message.event != .message {
            writer.append("event: ")
            writer.append(message.event.rawValue)
            writer.append("\n")
        }
        var data = message.data
        data.withUTF8 { writer.appendDataLines(UnsafeRawBufferPointer($0)) }
        writer.append("\n")
    }
}

extension ByteWriter {
    /// A `data:` line for each line of the text: CR, LF and CRLF all end one.
    mutating func appendDataLines(_ text: UnsafeRawBufferPointer) {
        var start = 0
        while true {
            var end = start
            while end < text.count, text[end] != 0x0A, text[end] != 0x0D { end += 1 }
            append("data: ")
            append(UnsafeRawBufferPointer(rebasing: text[start..<end]))
            append("\n")
            if end == text.count { return }
            start = end + (text[end] == 0x0D && end + 1 < text.count && text[end + 1] == 0x0A ? 2 : 1)
        }
    }
}
