import HTTPTypes
import Hub
import Hummingbird
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOHTTPTypes

/// The first handler of a stream of HTTP/2, over frames: what its head may be, how long the peer takes for the body and for the
/// answer, and what HTTP/2 asks of both (RFC 9113 §8).
final class HTTP2Stream: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// What is written at once, in bytes: a peer that takes so much within `timeouts.write` is only slow.
    private static let partBytes = 16 << 10
    /// Fields that speak of a connection, of which HTTP/2 knows none (RFC 9113 §8.2.2).
    private static let connectionFields = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]

    private let times: ConnectionTimes
    private let limits: RequestLimits
    private let refusals: Refusals
    let peer: Peer
    var bodyTimedOut: ((BodyTimeout) -> Void)?

    // The request.
    private var hasBegun = false
    private var hasEnded = false
    private var isRefused = false
    private var body = RequestBodyKind.whole
    /// Until when the body may be silent, and when it must be there in any case.
    private var bodyDeadline = NIODeadline.distantFuture
    private var wholeDeadline = NIODeadline.distantFuture

    // The answer.
    private var isAnswering = false
    /// Writes that have not left, and when one last did.
    private var unsent = 0
    private var progress = NIODeadline.now()

    private var timer: Scheduled<Void>?
    /// When it wakes.
    private var wake = NIODeadline.distantFuture
    private(set) var context: ChannelHandlerContext?

    init(times: ConnectionTimes, limits: RequestLimits, refusals: Refusals, peer: Peer) {
        self.times = times
        self.limits = limits
        self.refusals = refusals
        self.peer = peer
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context _: ChannelHandlerContext) {
        timer?.cancel()
        context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        switch unwrapInboundIn(data) {
        case .headers(let head) where !hasBegun:
            hasBegun = true
            hasEnded = head.endStream
            beganBody(.whole)
            if let problem = problem(with: head.headers) { return refuse(problem) }
        case .headers(let trailers): hasEnded = trailers.endStream
        case .data(let data):
            hasEnded = data.endStream
            sawBody(data.data.readableBytes)
        default: break
        }
        if hasEnded { bodyDeadline = .distantFuture }
        context.fireChannelRead(data)
    }

    private func sawBody(_ bytes: Int) {
        let seconds = Double(bytes) / Double(ConnectionWatch.slowestWhole)
        wholeDeadline = wholeDeadline + .nanoseconds(Int64(seconds * 1_000_000_000))
        bodyDeadline = min(.now() + silence, wholeDeadline)
        watch()
    }

    private var silence: TimeAmount { times.silence(in: body) }

    /// Counted as HTTP/1.1 has them: a line for each field.
    private func problem(with headers: HPACKHeaders) -> Problem? {
        let bytes = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        if bytes > limits.bytes || headers.count > limits.count { return limits.headersTooLarge }
        let authority = headers[":authority"].first ?? headers["host"].first ?? ""
        return authority.isEmpty
            ? Problem(.badRequest, "invalid_host", "a request has an :authority (RFC 9113 §8.3.1)") : nil
    }

    // MARK: The answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .headers(var head):
            for name in Self.connectionFields { head.headers.remove(name: name) }
            isAnswering = isAnswering || head.headers.first(name: ":status")?.first != "1"
            send(.headers(head), ends: head.endStream, promise)
        case .data(let body): send(body, promise)
        default: context.write(data, promise: promise)
        }
    }

    private func send(_ body: HTTP2Frame.FramePayload.Data, _ promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var bytes) = body.data else { return }
        while bytes.readableBytes > Self.partBytes, let part = bytes.readSlice(length: Self.partBytes) {
            send(.data(.init(data: .byteBuffer(part))), ends: false, nil)
        }
        send(.data(.init(data: .byteBuffer(bytes), endStream: body.endStream)), ends: body.endStream, promise)
    }

    private func send(_ frame: HTTP2Frame.FramePayload, ends: Bool, _ promise: EventLoopPromise<Void>?) {
        guard let context else { return }
        if unsent == 0 { progress = .now() }
        unsent += 1
        watch()
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.sent(ends: ends) }
        context.write(wrapOutboundOut(frame), promise: written)
    }

    private func sent(ends: Bool) {
        unsent -= 1
        progress = .now()
        // The rest of the request is not wanted (RFC 9113 §8.1).
        if ends, !hasEnded { context?.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil) }
    }

    // MARK: Time

    /// One timer looks at both deadlines; to put one of them off costs none.
    private func watch() {
        let next = min(bodyDeadline, writeDeadline)
        guard let context, next < wake else { return }
        timer?.cancel()
        wake = next
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] in self?.look() }
    }

    private var writeDeadline: NIODeadline { unsent == 0 ? .distantFuture : progress + times.write }

    private func look() {
        wake = .distantFuture
        if writeDeadline <= .now() {
            context?.close(promise: nil)
            return
        }
        if bodyDeadline <= .now() {
            bodyDeadline = .distantFuture
            bodyTimedOut?(BodyTimeout(seconds: Int(silence.nanoseconds / 1_000_000_000)))
        }
        watch()
    }
}

extension HTTP2Stream: RequestCarrier {
    var isOneOfMany: Bool { true }

    func hasBody(_: HTTPRequest) -> Bool { !hasEnded }

    func beganBody(_ kind: RequestBodyKind) {
        guard !hasEnded else { return }
        body = kind
        bodyDeadline = .now() + silence
        wholeDeadline = kind == .whole ? bodyDeadline : .distantFuture
        watch()
    }

    func endedBody() { bodyDeadline = .distantFuture }
    func suspendedBody() { bodyDeadline = .distantFuture }

    func resumedBody() { beganBody(body) }

    func refuse(_ problem: Problem) {
        guard let context, !isRefused else { return }
        isRefused = true
        bodyDeadline = .distantFuture
        guard !isAnswering else { return closeGently() }
        refusals.count(problem)
        context.channel.write(problem)
    }

    func closeGently() { context?.close(promise: nil) }

    func problem(of _: any Error, _: RequestLimits) -> Problem? { nil }

    func handOver(to hub: Hub, holds: [Hold], _ transport: @escaping @Sendable () -> any Transport) {
        guard let channel = context?.channel else { return }
        do {
            let pipeline = channel.pipeline.syncOperations
            try channel.syncOptions?.setOption(.autoRead, value: false)
            pipeline.removeHandler(try pipeline.handler(type: RequestHandler.self), promise: nil)
            try pipeline.addHandler(ResponseBytes())
        } catch {
            return channel.close(promise: nil)
        }
        hub.open(
            SessionSeed(
                connection: .sink { ChannelSink(channel: channel, handle: $0, takesHeads: true) }, holds: holds,
                transport: transport))
    }
}
