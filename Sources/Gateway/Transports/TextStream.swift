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
    /// How often it is looked after while nothing is due, in seconds.
    private static let watchSeconds: UInt32 = 30

    /// Until it is sent: it is this reader's own, and has no place in the memory of an idle one.
    private var head: StreamHead?
    private let channel: ChannelName
    private let start: Start
    private var expiry: StreamExpiry

    init(head: StreamHead, channel: ChannelName, start: Start, expiry: StreamExpiry) {
        self.expiry = expiry
        self.head = head
        self.channel = channel
        self.start = start
    }

    var kind: String { "text" }
    var form: any WireForm { TextForm.shared }

    func begin(_ session: Session) {
        head?.send(on: session)
        head = nil
        expiry.begin(session.lastRead)
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
    func tick(_ now: UInt32, _ session: Session) -> UInt32 {
        guard let problem = expiry.problem(now) else { return min(now + Self.watchSeconds, expiry.second) }
        var writer = ByteWriter()
        writer.append("[telltale: \(problem.detail)]\n")
        session.send(writer.finish())
        session.finish()
        return now
    }

    func shutdown(_ session: Session) {
        session.finish()
    }
}
