import GatewayConfig
import HTTPTypes
import NIOCore

/// The first handler of a connection, over raw bytes: how long the peer takes, what it gets when it can't be understood,
/// and how the connection is closed so that the peer still reads the answer.
final class ConnectionWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// No request has begun.
        case idle
        /// Its head has not ended yet.
        case head
        /// Its body comes; silence is limited to so many seconds.
        case body(TimeAmount)
        /// The peer is waiting for us.
        case answering
        /// All is said; what still comes is thrown away.
        case closing
    }

    /// How long a peer may go on sending after all is said.
    private static let lingering = TimeAmount.seconds(2)

    private let timeouts: GatewayConfig.Timeouts
    private let connections: Connections
    /// Called on a body that has come to a standstill.
    var bodyTimedOut: ((BodyTimeout) -> Void)?
    private var phase = Phase.idle
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    /// The request line has ended: what is too long is not the target.
    private(set) var hasRequestLine = false
    private var context: ChannelHandlerContext?

    init(timeouts: GatewayConfig.Timeouts, connections: Connections) {
        self.timeouts = timeouts
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        do throws(Problem) {
            try connections.admit(context.channel)
        } catch {
            refuse(error)
        }
        context.fireChannelActive()
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
        case .body: enter(phase)
        case .answering: break
        }
        context.fireChannelRead(data)
    }

    private func sawBytes(_ data: NIOAny) {
        if !hasRequestLine { hasRequestLine = unwrapInboundIn(data).readableBytesView.contains(0x0A) }
    }

    // MARK: What the request handler says

    /// The head has come. `lines`: the body is a stream that may be silent for long.
    func beganBody(lines: Bool) {
        enter(.body(TimeAmount(lines ? timeouts.lines : timeouts.body)))
    }

    func endedBody() { enter(.answering) }

    /// The body is not read for a while, by our own doing: its silence is not the peer's.
    func suspendedBody() {
        if case .body = phase { deadline = .distantFuture }
    }

    /// It is read again.
    func resumedBody() {
        if case .body = phase { enter(phase) }
    }

    func endedResponse() {
        hasRequestLine = false
        enter(.idle)
    }

    /// Answers a peer that can't be understood, and closes.
    func refuse(_ problem: Problem) {
        guard let context, !isClosing else { return }
        var bytes = ByteBuffer()
        bytes.writeAnswer(problem.status, problem.fields, problem.document, closes: true)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        closeGently()
    }

    /// Answers requests that have ended, with bytes that are answers already.
    func answer(_ bytes: ByteBuffer) {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in
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
            case .idle: TimeAmount(timeouts.idle)
            case .head: TimeAmount(timeouts.header)
            case .body(let silence): silence
            case .answering: nil
            case .closing: Self.lingering
            }
        deadline = wait.map { .now() + $0 } ?? .distantFuture
        if let timer, wait.map({ $0 < shortest }) ?? false {
            timer.cancel()
            watch()
        }
    }

    /// The timer runs at this pace, and only looks at the deadline: setting that costs no timer a request.
    private var shortest: TimeAmount { min(TimeAmount(timeouts.header), TimeAmount(timeouts.idle), .seconds(5)) }

    private func watch() {
        guard let context else { return }
        let wait = min(max(deadline - .now(), .milliseconds(1)), shortest)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in self?.look() }
    }

    private func look() {
        guard deadline <= .now() else { return watch() }
        switch phase {
        case .idle, .closing:
            context?.close(promise: nil)
            return
        case .head:
            refuse(Problem(.requestTimeout, "timeout", "the request's head took longer than timeouts.header"))
        case .body(let silence):
            enter(.answering)
            bodyTimedOut?(BodyTimeout(seconds: Int(silence.nanoseconds / 1_000_000_000)))
        case .answering:
            break
        }
        watch()
    }
}

/// Nothing came for so long inside a request's body.
struct BodyTimeout: Error {
    let seconds: Int
}
