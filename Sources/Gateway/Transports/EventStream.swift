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
    /// What a position takes in an id with the signs around it, at most usually, in bytes.
    private static let positionBytes = 32

    /// What the reader is told first of a channel.
    private struct Beginning {
        let opening: Opening
        /// Of a channel that is followed as a task.
        let snapshot: TaskSnapshot?
    }

    let tasks: TaskOpenings
    /// Until it is sent: it is this reader's own, and has no place in the memory of an idle one.
    private var head: StreamHead?
    /// Until the stream has begun, as the head.
    private var starts: [StreamStart]
    private let options: EventStreamOptions
    private var expiry: StreamExpiry
    /// Several channels, or one that is read as if there were several: the id names them.
    private let isSeveral: Bool
    /// Channels that are not yet ended, in this stream's view.
    private var left: Int
    /// The length of a full id, about, in bytes.
    private let idBytes: Int
    /// Where the reader stands on the channels that were opened, those that have ended included. Kept for several only.
    private var positions: [ChannelName: Position] = [:]
    /// Channels of which the reader had everything already, and that were not mentioned yet.
    private var finished: [Beginning] = []

    init(
        head: StreamHead, starts: [StreamStart], isSeveral: Bool, tasks: TaskOpenings,
        options: EventStreamOptions, expiry: StreamExpiry = StreamExpiry(nil)
    ) {
        self.expiry = expiry
        self.head = head
        self.starts = starts
        self.tasks = tasks
        self.isSeveral = isSeveral
        self.options = options
        left = starts.count
        idBytes = starts.reduce(8) { $0 + $1.channel.rawValue.utf8.count + Self.positionBytes }
    }

    var kind: String { "sse" }
    var form: any WireForm { isSeveral ? EventStreamForm.several : EventStreamForm.single }

    func begin(_ session: Session) {
        expiry.begin(session.lastRead)
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
        if head != nil, opening.answer.isFinished, hasResumed(opening.channel) {
            finished.append(beginning)
            if finished.count == starts.count { endWithoutContent(session) }
            return
        }
        beginIfNeeded(session)
        var writer = ByteWriter()
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
        guard let problem = expiry.problem(now) else { return min(beat(now, session), expiry.second) }
        beginIfNeeded(session)
        var writer = ByteWriter()
        writer.append(event: problem)
        session.send(writer.finish())
        session.finish()
        return now
    }

    /// Shows that the stream is alive, when it was silent for long enough.
    private func beat(_ now: UInt32, _ session: Session) -> UInt32 {
        // What waits shows a blocked reader that the stream is alive, as soon as it reads.
        guard session.hasNothingWaiting else { return now + options.heartbeat }
        guard now - session.lastWrite >= options.heartbeat else { return session.lastWrite + options.heartbeat }
        beginIfNeeded(session)
        var writer = ByteWriter()
        writer.append(options.pingsAreEvents ? "event: stream-ping\ndata: {}\n\n" as StaticString : ":\n\n")
        session.send(writer.finish())
        return now + options.heartbeat
    }

    func shutdown(_ session: Session) {
        beginIfNeeded(session)
        var writer = ByteWriter()
        writer.append(": the gateway is shutting down\n")
        writer.appendRetry()
        writer.append("\n")
        session.send(writer.finish())
        session.finish()
    }

    /// The id names every channel with its position.
    var composes: Bool { isSeveral }
    var overhead: Int { isSeveral ? idBytes : 0 }

    func compose(_ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, _ session: Session) -> Bool {
        if let stride = SeveralRun.stride(run, indices, on: channel, from: positions) {
            positions = stride.end
            session.append(stride.run, stride.run.all)
        } else {
            composeOwn(run, indices, on: channel, session)
        }
        return true
    }

    /// For a reader who stands where nobody else does.
    private func composeOwn(_ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, _ session: Session) {
        var writer = ByteWriter(capacity: run.segment(indices).count + indices.count * idBytes)
        for index in indices {
            positions[channel] = run.position(index)
            writer.append(idOf: positions, moved: channel)
            let content = run.segment(index..<index + 1).content
            // What is coded is better coded once, where it is large; small, it costs less to give it to each reader.
            if session.coding == nil || content.count < GzipCoding.minimumOwnBytes {
                writer.append(content)
            } else {
                session.append(writer.finish())
                session.append(run, index..<index + 1)
                writer = ByteWriter()
            }
        }
        session.append(writer.finish())
    }

    // MARK: Parts

    private func beginIfNeeded(_ session: Session) {
        guard let head else { return }
        head.send(on: session)
        self.head = nil
        starts = []
    }

    private func endWithoutContent(_ session: Session) {
        head?.withoutContent.send(on: session)
        head = nil
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
        // The id with which the reader would come back. Channels that were not opened yet are left out, and start anew.
        if isSeveral {
            writer.append(idOf: positions, moved: beginning.opening.channel)
        } else {
            writer.append(idOf: beginning.opening.answer.start)
        }
        writer.append(event: beginning.opening)
    }
}
