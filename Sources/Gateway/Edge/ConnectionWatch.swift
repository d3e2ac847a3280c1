import HTTPTypes
import NIOCore

/// The first handler of a connection, over raw bytes: how long the peer takes, what it gets when it can't be understood,
/// and how the connection is closed so that the peer still reads the answer.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// No request has begun.
        case idle
        /// Its head has not ended yet.
        case head
        /// Its body comes.
        case body(RequestBodyKind)
        /// The peer is waiting for us.
        case answering
        /// The connection is a stream, which has its own time.
        case stream
        /// All is said; what still comes is thrown away.
        case closing
    }

    /// What a body that is one whole must bring each second, in bytes, beyond the time that it may be silent: one that comes a byte at
    /// a time is never silent, and never there.
    static let slowestWhole = 1 << 10
    /// How long a peer may go on sending after all is said.
    static let lingering = TimeAmount.seconds(2)

    private let times: ConnectionTimes
    private let refusals: Refusals
    /// Who is at the other end.
    let peer: Peer
    /// The connection is counted while these are kept: here, and by the stream that it becomes.
    let holds: [Hold]
    /// A stream may leave NIO with its socket.
    let takesSocket: Bool
    /// Called on a body that has come to a standstill.
    var bodyTimedOut: ((BodyTimeout) -> Void)?
    private var phase = Phase.idle
    private var deadline = NIODeadline.distantFuture
    /// When the body must be there in any case.
    private var bodyDeadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    /// Bytes that wait for the peer to take them, and until when it has to take some.
    private var backlog = (bytes: 0, deadline: NIODeadline.distantFuture)
    /// The request line has ended: what is too long is not the target.
    private(set) var hasRequestLine = false
    private(set) var context: ChannelHandlerContext?

    init(times: ConnectionTimes, refusals: Refusals, admitted: AdmittedConnection, takesSocket: Bool) {
        self.times = times
        self.refusals = refusals
        peer = admitted.peer
        holds = admitted.holds
        self.takesSocket = takesSocket
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        enter(.idle)
        watch()
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        timer?.cancel()
        context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .closing: return
        case .idle:
            enter(.head)
            sawBytes(data)
        case .head: sawBytes(data)
        case .body: sawBody(unwrapInboundIn(data).readableBytes)
        case .answering, .stream: break
        }
        context.fireChannelRead(data)
    }

    private func sawBytes(_ data: NIOAny) {
        if !hasRequestLine { hasRequestLine = unwrapInboundIn(data).readableBytesView.contains(0x0A) }
    }

    private func sawBody(_ bytes: Int) {
        bodyDeadline = bodyDeadline + .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(Self.slowestWhole))
        enter(phase)
        deadline = min(deadline, bodyDeadline)
    }

    // MARK: What the request handler says

    /// The head has come.
    func beganBody(_ kind: RequestBodyKind) {
        enter(.body(kind))
        bodyDeadline = kind == .whole ? deadline : .distantFuture
    }

    func endedBody() { enter(.answering) }

    func becameStream() { enter(.stream) }

    /// The body is not read for a while, by our own doing: its silence is not the peer's.
    func suspendedBody() {
        if case .body = phase { deadline = .distantFuture }
    }

    /// It is read again.
    func resumedBody() {
        if case .body(let kind) = phase { beganBody(kind) }
    }

    func endedResponse() {
        hasRequestLine = false
        enter(.idle)
    }

    /// Answers a peer that can't be understood, and closes.
    func refuse(_ problem: Problem) {
        guard let context, !isClosing else { return }
        refusals.count(problem)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(refusal: problem)), promise: nil)
        closeGently()
    }

    /// Answers requests that have ended, with bytes that are answers already.
    /// - Parameter left: called when they have left, or never will.
    func answer(_ bytes: ByteBuffer, left: @escaping () -> Void) {
        guard let context else { return left() }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in
            left()
            // Behind them another request's body may have begun.
            if case .answering = self?.phase { self?.endedResponse() }
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }

    /// Closes the sending side, and the rest when the peer has done so too or has had its time: closed at once, a connection
    /// with unread bytes is reset, and the peer may lose the answer.
    func closeGently() {
        guard let context, !isClosing else { return }
        enter(.closing)
        context.close(mode: .output, promise: nil)
        // Reading may have been stopped; the peer's end is to be seen.
        context.channel.setOption(.autoRead, value: true).whenComplete { _ in }
    }

    // MARK: Time

    var isClosing: Bool {
        if case .closing = phase { true } else { false }
    }

    private func enter(_ phase: Phase) {
        guard !isClosing else { return }
        self.phase = phase
        let wait: TimeAmount? =
            switch phase {
            case .idle: times.idle
            case .head: times.header
            case .body(let kind): times.silence(in: kind)
            case .answering, .stream: nil
            case .closing: Self.lingering
            }
        deadline = wait.map { .now() + $0 } ?? .distantFuture
        if let timer, wait.map({ $0 < times.look }) ?? false {
            timer.cancel()
            watch()
        }
    }

    /// The peer takes nothing of its answers, and has had its time. What waits does not change then: nothing is
    /// read, and nothing more answered, until it has left.
    private var isStuck: Bool {
        if case .stream = phase { return false }
        let bytes = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if bytes == 0 || bytes != backlog.bytes { backlog = (bytes, .now() + times.write) }
        return bytes > 0 && backlog.deadline <= .now()
    }

    /// The timer runs at a pace of its own, and only looks at the deadline: setting that costs no timer a request.
    private func watch() {
        guard let context else { return }
        let wait = min(max(deadline - .now(), .milliseconds(1)), times.look)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in self?.look() }
    }

    private func look() {
        if isStuck { return context?.close(promise: nil) ?? () }
        guard deadline <= .now() else { return watch() }
        switch phase {
        case .idle, .closing:
            context?.close(promise: nil)
            return
        case .head:
            refuse(Problem(.requestTimeout, "timeout", "the request's head took longer than timeouts.header"))
        case .body(let kind):
            enter(.answering)
            bodyTimedOut?(BodyTimeout(seconds: Int(times.silence(in: kind).nanoseconds / 1_000_000_000)))
        case .answering, .stream:
            break
        }
        watch()
    }
}

/// What may be expected of how a request's body comes.
enum RequestBodyKind {
    /// It is one message or object, which is of no use before it is all there.
    case whole
    /// It is used as it comes, for as long as that takes.
    case stream
    /// The same, and it may be silent for long.
    case lines
}

/// Nothing came for so long inside a request's body, or so little that it can't be waited for.
struct BodyTimeout: Error {
    let seconds: Int
}
