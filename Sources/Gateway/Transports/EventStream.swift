import BrokerCore
import Hub

/// What all event streams of a gateway have in common.
struct EventStreamOptions: Sendable {
    /// The silence after which the stream shows that it is alive, in seconds.
    var heartbeat: UInt32
    /// The heartbeat is an event that the reader sees, not a comment.
    var pingsAreEvents = false
}

/// Server-Sent Events of one channel, or of several.
///
/// The response's head is written with the first that there is to say, because only then is known whether it is 204: a reader that
/// comes back to a closed channel and has everything.
final class EventStream: Transport {
    private static let head: StaticString =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    private static let finishedHead: StaticString =
        "HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"

    /// What a position takes in an id, at most usually, in bytes.
    private static let positionBytes = 24

    private let starts: [(channel: ChannelName, start: Start)]
    private let options: EventStreamOptions
    /// Several channels, or one that is read as if there were several: the id names them.
    private let isSeveral: Bool
    private var isBegun = false
    /// Channels that are not yet ended, in this stream's view.
    private var left: Int
    /// The length of a full id, about, in bytes.
    private let idBytes: Int
    /// Where the reader stands on the channels that were opened, those that have ended included. Kept for several only.
    private var positions: [ChannelName: Position] = [:]
    /// Channels of which the reader had everything already, and that were not mentioned yet.
    private var finished: [Opening] = []

    init(starts: [(channel: ChannelName, start: Start)], isSeveral: Bool, options: EventStreamOptions) {
        self.starts = starts
        self.isSeveral = isSeveral
        self.options = options
        left = starts.count
        idBytes = starts.reduce(8) { $0 + PositionSet.entry($1.channel, .origin).utf8.count + Self.positionBytes }
    }

    var form: any WireForm { isSeveral ? EventStreamForm.several : EventStreamForm.single }

    func begin(_ session: Session) {
        for (channel, start) in starts where session.isOpen { _ = session.subscribe(channel, from: start) }
    }

    func opened(_ opening: Opening, _ session: Session) {
        if isSeveral { positions[opening.channel] = opening.answer.start }
        if !isBegun, opening.answer.isFinished, hasResumed(opening.channel) {
            finished.append(opening)
            if finished.count == starts.count { endWithoutContent(session) }
            return
        }
        var writer = ByteWriter()
        beginIfNeeded(&writer)
        for earlier in finished {
            append(earlier, to: &writer)
            appendEnd(earlier.channel, .closed, to: &writer)
        }
        finished = []
        append(opening, to: &writer)
        session.send(writer.finish())
    }

    func gap(_ gap: Gap, on channel: ChannelName, _ session: Session) {
        var writer = ByteWriter()
        writer.appendEvent("stream-gap") { writer in
            writer.member("channel", channel.rawValue)
            writer.members(of: gap)
        }
        session.send(writer.finish())
    }

    func ended(_ channel: ChannelName, _ reason: EndReason, _ session: Session) {
        left -= 1
        guard session.isOpen, finished.allSatisfy({ $0.channel != channel }) else { return }
        var writer = ByteWriter()
        appendEnd(channel, reason, to: &writer)
        session.send(writer.finish())
        if left == 0 { session.finish() }
    }

    func receive(_: UnsafeMutableRawBufferPointer, _: Session) {}

    func tick(_ now: UInt32, _ session: Session) -> UInt32 {
        // What waits shows a blocked reader that the stream is alive, as soon as it reads.
        guard session.hasNothingWaiting else { return now + options.heartbeat }
        guard now - session.lastWrite >= options.heartbeat else { return session.lastWrite + options.heartbeat }
        var writer = ByteWriter()
        beginIfNeeded(&writer)
        writer.append(options.pingsAreEvents ? "event: stream-ping\ndata: {}\n\n" as StaticString : ":\n\n")
        session.send(writer.finish())
        return now + options.heartbeat
    }

    func shutdown(_ session: Session) {
        var writer = ByteWriter()
        beginIfNeeded(&writer)
        writer.append(": the gateway is shutting down\n")
        appendRetry(to: &writer)
        writer.append("\n")
        session.send(writer.finish())
        session.finish()
    }

    /// The id names every channel with its position.
    var overhead: Int { isSeveral ? idBytes : 0 }

    func compose(_ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, _ session: Session) -> Segment? {
        guard isSeveral else { return nil }
        var writer = ByteWriter(capacity: run.segment(indices).count + indices.count * 64)
        for index in indices {
            positions[channel] = run.position(index)
            appendID(channel, run.position(index), to: &writer)
            writer.append(run.segment(index..<index + 1).content)
        }
        return Segment(writer.finish())
    }

    // MARK: Parts

    private func beginIfNeeded(_ writer: inout ByteWriter) {
        if !isBegun { writer.append(Self.head) }
        isBegun = true
    }

    private func endWithoutContent(_ session: Session) {
        isBegun = true
        var writer = ByteWriter()
        writer.append(Self.finishedHead)
        session.send(writer.finish())
        session.finish()
    }

    private func hasResumed(_ channel: ChannelName) -> Bool {
        starts.contains { entry in
            guard case .after = entry.start else { return false }
            return entry.channel == channel
        }
    }

    private func appendEnd(_ channel: ChannelName, _ reason: EndReason, to writer: inout ByteWriter) {
        writer.appendEvent("stream-end") { writer in
            writer.member("channel", channel.rawValue)
            writer.member("reason", reason.rawValue)
        }
    }

    private func append(_ opening: Opening, to writer: inout ByteWriter) {
        let answer = opening.answer
        appendRetry(to: &writer)
        appendID(opening.channel, answer.start, to: &writer)
        writer.appendEvent("stream-open") { writer in
            writer.member("channel", opening.channel.rawValue)
            writer.members(of: answer)
        }
    }

    /// When to come back after the connection is lost: 1 to 3 s, by chance, so that not all come at once.
    private func appendRetry(to writer: inout ByteWriter) {
        writer.append("retry: ")
        writer.append(UInt64.random(in: 1_000...3_000))
        writer.append("\n")
    }

    /// The id with which the reader would come back. Of several channels, the one that has just moved stands first: so a
    /// reader knows which channel a message is of. Those that were not opened yet are left out, and start anew.
    private func appendID(_ channel: ChannelName, _ position: Position, to writer: inout ByteWriter) {
        writer.append("id: ")
        if isSeveral {
            writer.append(PositionSet.entry(channel, position))
            for (other, position) in positions where other != channel {
                writer.append("&")
                writer.append(PositionSet.entry(other, position))
            }
        } else {
            writer.append(position.description)
        }
        writer.append("\n")
    }
}

extension ByteWriter {
    /// Appends one of the gateway's own events.
    fileprivate mutating func appendEvent(_ name: StaticString, _ members: (inout ByteWriter) -> Void) {
        append("event: ")
        append(name)
        append("\ndata: ")
        object(members)
        append("\n\n")
    }
}
