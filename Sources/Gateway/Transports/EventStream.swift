import BrokerCore
import Hub
import Tasks

/// What all event streams of a gateway have in common.
struct EventStreamOptions: Sendable {
    /// The silence after which the stream shows that it is alive, in seconds.
    var heartbeat: UInt32
    /// The heartbeat is an event that the reader sees, not a comment.
    var pingsAreEvents = false
}

/// Server-Sent Events of one channel, or of several, which may be tasks.
///
/// The response's head is written with the first that there is to say, because only then is known whether it is 204: a reader that
/// comes back to a closed channel and has everything.
final class EventStream: TaskReader {
    static let head: StaticString =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    private static let finishedHead: StaticString =
        "HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"

    /// What a position takes in an id, at most usually, in bytes.
    private static let positionBytes = 24

    /// What the reader is told first of a channel.
    private struct Beginning {
        let opening: Opening
        /// Of a channel that is followed as a task.
        let snapshot: TaskSnapshot?
    }

    let tasks: TaskOpenings
    private let starts: [StreamStart]
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
    private var finished: [Beginning] = []

    init(starts: [StreamStart], isSeveral: Bool, tasks: TaskOpenings, options: EventStreamOptions) {
        self.starts = starts
        self.tasks = tasks
        self.isSeveral = isSeveral
        self.options = options
        left = starts.count
        idBytes = starts.reduce(8) { $0 + PositionSet.entry($1.channel, .origin).utf8.count + Self.positionBytes }
    }

    var form: any WireForm { isSeveral ? EventStreamForm.several : EventStreamForm.single }

    func begin(_ session: Session) {
        tasks.begin(starts, session)
    }

    func opened(_ opening: Opening, _ session: Session) {
        switch tasks.opened(opening, session) {
        case .later: break
        case .channel: begin(Beginning(opening: opening, snapshot: nil), session)
        case .task(let snapshot): begin(Beginning(opening: opening, snapshot: snapshot), session)
        }
    }

    private func begin(_ beginning: Beginning, _ session: Session) {
        let opening = beginning.opening
        if isSeveral { positions[opening.channel] = opening.answer.start }
        if !isBegun, opening.answer.isFinished, hasResumed(opening.channel) {
            finished.append(beginning)
            if finished.count == starts.count { endWithoutContent(session) }
            return
        }
        var writer = ByteWriter()
        beginIfNeeded(&writer)
        for earlier in finished {
            append(earlier, to: &writer)
            writer.append(endOf: earlier.opening.channel, .closed)
        }
        finished = []
        append(beginning, to: &writer)
        session.send(writer.finish())
    }

    func gap(_ gap: Gap, on channel: ChannelName, _ session: Session) {
        guard !tasks.isOpening(channel) else { return }
        var writer = ByteWriter()
        writer.append(event: gap, on: channel)
        session.send(writer.finish())
    }

    func ended(_ channel: ChannelName, _ reason: EndReason, _ session: Session) {
        left -= 1
        guard session.isOpen, finished.allSatisfy({ $0.opening.channel != channel }) else { return }
        var writer = ByteWriter()
        writer.append(endOf: channel, reason)
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
        writer.appendRetry()
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

    private func append(_ beginning: Beginning, to writer: inout ByteWriter) {
        if let snapshot = beginning.snapshot { writer.append(event: snapshot) }
        writer.appendRetry()
        appendID(beginning.opening.channel, beginning.opening.answer.start, to: &writer)
        writer.append(event: beginning.opening)
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
