import BrokerCore
import Hub

/// The data of `message` and `log` events, a line each.
final class TextForm: WireForm {
    static let shared = TextForm()

    func append(_ message: Message, to writer: inout ByteWriter) {
        guard message.event == .message || message.event == .log else { return }
        writer.append(message.data)
        writer.append("\n")
    }

    /// Text has no place for what is not text; a gap is never silent, so it is said in a line that stands out.
    static func append(_ gap: Gap, to writer: inout ByteWriter) {
        writer.append("[telltale: messages are missing here (\(gap.reason.rawValue)); what there is begins at offset ")
        writer.append(gap.haveFrom)
        writer.append("]\n")
    }
}

/// A channel as text that goes on: what `curl -N …?follow=1` shows.
final class TextStream: Transport {
    private static let head: StaticString =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"

    private let channel: ChannelName
    private let start: Start

    init(channel: ChannelName, start: Start) {
        self.channel = channel
        self.start = start
    }

    var form: any WireForm { TextForm.shared }

    func begin(_ session: Session) {
        var writer = ByteWriter()
        writer.append(Self.head)
        session.send(writer.finish())
        _ = session.subscribe(channel, from: start)
    }

    func opened(_: Opening, _: Session) {}

    func gap(_ gap: Gap, on _: ChannelName, _ session: Session) {
        var writer = ByteWriter()
        TextForm.append(gap, to: &writer)
        session.send(writer.finish())
    }

    func ended(_: ChannelName, _: EndReason, _ session: Session) {
        session.finish()
    }

    func receive(_: UnsafeMutableRawBufferPointer, _: Session) {}

    /// Nothing can be written that would not be seen; the kernel finds out whether the reader is still there.
    func tick(_ now: UInt32, _: Session) -> UInt32 { now + 30 }

    func shutdown(_ session: Session) {
        session.finish()
    }
}
