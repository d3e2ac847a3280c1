import NIOCore
import NIOHTTP2

/// The last handler of a connection of HTTP/2: how long it may be without a request, and how it ends.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// From the word that the connection will end to the word which request was the last (RFC 9113 §6.8): what was on its way by then
    /// is still served.
    private static let notice = TimeAmount.seconds(1)

    /// The frame (§4.1): 8 bytes of type 7 on no stream; the last request is the last there could be, and there is no error.
    private static let goAwayFromAll: [UInt8] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

    private enum Phase {
        case open
        /// The peer was told that the connection will end; what was on its way by then may still come.
        case noticed
        /// It was told which request is the last, behind which the connection ends.
        case ending
        /// The last word is on its way, and then the connection's end.
        case ended
    }

    private let idle: TimeAmount
    /// The connection is counted while these are kept.
    private let holds: [Hold]
    private let counters: Counters
    private let loop: any EventLoop
    private var open = 0
    private var last = HTTP2StreamID.rootStream
    private var phase = Phase.open
    /// The connection counts as under way: a drain waits for its last word.
    private var isUnderWay = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(idle: TimeAmount, holds: [Hold], counters: Counters, loop: any EventLoop) {
        self.idle = idle
        self.holds = holds
        self.counters = counters
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wait(idle) { $0.end() }
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        timer?.cancel()
        context = nil
        saidAll()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    // MARK: Streams

    /// Tells the connection of its streams.
    struct Streams: NIOHTTP2StreamDelegate {
        private let connection: NIOLoopBound<HTTP2Connection>

        init(_ connection: HTTP2Connection) {
            self.connection = NIOLoopBound(connection, eventLoop: connection.loop)
        }

        func streamCreated(_ id: HTTP2StreamID, channel _: any Channel) { connection.value.began(id) }
        func streamClosed(_: HTTP2StreamID, channel _: any Channel) { connection.value.ended() }
    }

    private func began(_ id: HTTP2StreamID) {
        open += 1
        last = max(last, id)
        if phase == .open { timer?.cancel() }
    }

    private func ended() {
        open -= 1
        guard open == 0 else { return }
        switch phase {
        case .open: wait(idle) { $0.end() }
        // In a turn of its own: the stream's last frame is not written yet.
        case .ending: wait(.zero) { $0.end() }
        case .noticed, .ended: break
        }
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { drain() }
        context.fireUserInboundEventTriggered(event)
    }

    /// Says that no more requests will be served; the connection ends with the last that is.
    private func drain() {
        guard phase == .open else { return }
        phase = .noticed
        isUnderWay = true
        counters.requestBegan()
        announceEnd()
        wait(Self.notice) { connection in
            connection.phase = .ending
            if connection.open == 0 { connection.end() } else { connection.sayGoAway(last: connection.last) }
        }
    }

    /// A GOAWAY that refuses nothing yet (RFC 9113 §6.8). It goes round the protocol library, which refuses every new request
    /// from the first GOAWAY on that it has sent, whatever that says.
    private func announceEnd() {
        let socketSide = try? context?.pipeline.syncOperations.context(handlerType: TrafficMeter.self)
        socketSide?.writeAndFlush(NIOAny(ByteBuffer(bytes: Self.goAwayFromAll)), promise: nil)
    }

    /// Closes the sending side when all that was written has left, and the rest when the peer has done so too or has had its
    /// time: closed at once, what is on its way would be thrown away, here or by the peer.
    private func end() {
        guard open == 0, phase != .ended, let context else { return }
        phase = .ended
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in
            self?.saidAll()
            self?.context?.close(mode: .output, promise: nil)
            self?.wait(ConnectionWatch.lingering) { $0.context?.close(promise: nil) }
        }
        sayGoAway(last: last, written)
    }

    private func saidAll() {
        if isUnderWay { counters.requestEnded() }
        isUnderWay = false
    }

    private func sayGoAway(last: HTTP2StreamID, _ written: EventLoopPromise<Void>? = nil) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        context?.writeAndFlush(wrapOutboundOut(frame), promise: written)
    }

    private func wait(_ time: TimeAmount, then act: @escaping (HTTP2Connection) -> Void) {
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            if let self { act(self) }
        }
    }

    /// An error of one stream is that stream's; after any other the peer has been told, and there is nothing more to say.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !error.isOfOneStream { context.close(promise: nil) }
    }
}

extension Error {
    /// The protocol library gives errors of streams and of the connection alike, and tells them apart by their kind alone.
    fileprivate var isOfOneStream: Bool {
        switch self {
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.StreamClosed, is NIOHTTP2Errors.NoSuchStream,
            is NIOHTTP2Errors.BadStreamStateTransition, is NIOHTTP2Errors.TrailersWithoutEndStream,
            is NIOHTTP2Errors.ContentLengthViolated, is NIOHTTP2Errors.ContentLengthHeadersMismatch,
            is NIOHTTP2Errors.ContentLengthHeaderNegative, is NIOHTTP2Errors.ContentLengthHeaderMalformedValue,
            is NIOHTTP2Errors.MissingPseudoHeader, is NIOHTTP2Errors.DuplicatePseudoHeader,
            is NIOHTTP2Errors.PseudoHeaderAfterRegularHeader, is NIOHTTP2Errors.UnknownPseudoHeader,
            is NIOHTTP2Errors.UnsupportedPseudoHeader, is NIOHTTP2Errors.InvalidPseudoHeaders,
            is NIOHTTP2Errors.InvalidPseudoHeaderValue, is NIOHTTP2Errors.EmptyPathHeader,
            is NIOHTTP2Errors.MissingHostHeader, is NIOHTTP2Errors.DuplicateHostHeader,
            is NIOHTTP2Errors.InvalidHTTP2HeaderFieldName, is NIOHTTP2Errors.InvalidHTTP2HeaderFieldValue,
            is NIOHTTP2Errors.ForbiddenHeaderField:
            true
        default: false
        }
    }
}
