import BrokerCore
import Hub
import Tasks

/// WebSocket's frames over Server-Sent Events, for readers whom WebSocket does not reach.
///
/// With ``wait`` the response ends by itself, so that it can be read as a whole: right after the first turn that has brought
/// something, when every channel has opened, or when the time is over.
final class FrameStream: TaskReader {
    /// The longest that a reader may have the response wait, in seconds.
    static let maximumWait: UInt64 = 60

    let tasks: TaskOpenings
    private let frames = Frames(envelope: .eventStream)
    /// Until it is sent: it is this reader's own, and has no place in the memory of an idle one.
    private var head: StreamHead?
    private var expiry: StreamExpiry
    private let starts: [StreamStart]
    /// The silence after which the stream shows that it is alive, in seconds.
    private let heartbeat: UInt32
    /// In seconds; `nil`: the response goes on as long as there is something to come.
    private let wait: UInt32?
    private var deadline = UInt32.max
    /// Channels that have not opened yet, and those that have not ended yet.
    private var unopened: Int
    private var left: Int
    private var hasNews = false
    private var isEnding = false

    init(
        head: StreamHead, starts: [StreamStart], tasks: TaskOpenings, heartbeat: UInt32, wait: UInt32?,
        expiry: StreamExpiry
    ) {
        self.head = head
        self.expiry = expiry
        self.starts = starts
        self.tasks = tasks
        self.heartbeat = heartbeat
        self.wait = wait
        unopened = starts.count
        left = starts.count
    }

    var kind: String { "frames" }
    var form: any WireForm { FrameForm.eventStream }

    func begin(_ session: Session) {
        // Not with the first word of the broker: a reader that hears nothing takes another transport.
        head?.send(on: session)
        head = nil
        expiry.begin(session.lastRead)
        session.send(frames.open())
        if let wait { deadline = session.lastRead + wait }
        tasks.begin(starts, session)
    }

    func opened(_ opening: Opening, _ session: Session) {
        let word = tasks.opened(opening, session)
        if case .later = word { return }
        if case .task(let snapshot) = word { session.send(frames.task(snapshot, id: nil)) }
        session.send(frames.subscribed(opening, task: word.task, id: nil))
        unopened -= 1
        endIfDue(session)
    }

    func gap(_ gap: Gap, on channel: ChannelName, _ session: Session) {
        guard !tasks.isOpening(channel) else { return }
        session.send(frames.gap(gap, on: channel))
        noteNews(session)
    }

    func ended(_ channel: ChannelName, _ reason: EndReason, _ session: Session) {
        left -= 1
        session.send(frames.end(channel, reason))
        if left == 0 { session.finish() } else { noteNews(session) }
    }

    var composes: Bool { wait != nil }

    func compose(_: EncodedRun, _: Range<Int>, on _: ChannelName, _ session: Session) -> Bool {
        noteNews(session)
        return false
    }

    func receive(_: UnsafeMutableRawBufferPointer, _: Session) {}

    func tick(_ now: UInt32, _ session: Session) -> UInt32 {
        guard let problem = expiry.problem(now) else { return min(beat(now, session), expiry.second) }
        session.send(frames.error(problem, id: nil))
        session.finish()
        return now
    }

    /// Shows that the stream is alive, when it was silent for long enough; ends it when its time is over.
    private func beat(_ now: UInt32, _ session: Session) -> UInt32 {
        if now >= deadline {
            session.send(frames.ping())
            session.finish()
            return now
        }
        // What waits shows a blocked reader that the stream is alive, as soon as it reads.
        guard session.hasNothingWaiting else { return min(now + heartbeat, deadline) }
        guard now - session.lastWrite >= heartbeat else { return min(session.lastWrite + heartbeat, deadline) }
        session.send(frames.ping())
        return min(now + heartbeat, deadline)
    }

    func shutdown(_ session: Session) {
        session.finish()
    }

    private func noteNews(_ session: Session) {
        hasNews = true
        endIfDue(session)
    }

    /// Ends the response when this turn is over: what it has brought besides comes along.
    private func endIfDue(_ session: Session) {
        guard wait != nil, hasNews, unopened == 0, !isEnding else { return }
        isEnding = true
        session.handle.perform { $0.finish() }
    }
}
