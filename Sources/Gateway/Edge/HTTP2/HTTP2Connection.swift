import NIOCore
import NIOHTTP2

/// The last handler of a connection of HTTP/2: how long it may be without a request, and how it ends.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// From the word that the connection will end to the word which request was the last (RFC 9113 §6.8): what was on its way by then
    /// is still served.
    private static let notice = TimeAmount.seconds(1)

    private let idle: TimeAmount
    /// The connection is counted while these are kept.
    private let holds: [Hold]
    private let loop: any EventLoop
    private var open = 0
    private var last = HTTP2StreamID.rootStream
    private var isEnding = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(idle: TimeAmount, holds: [Hold], loop: any EventLoop) {
        self.idle = idle
        self.holds = holds
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wait(idle) { $0.end() }
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        timer?.cancel()
        context = nil
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
        if !isEnding { timer?.cancel() }
    }

    private func ended() {
        open -= 1
        guard open == 0 else { return }
        // In a turn of its own: the stream's last frame is not flushed yet.
        if isEnding { wait(.zero) { $0.end() } } else { wait(idle) { $0.end() } }
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { drain() }
        context.fireUserInboundEventTriggered(event)
    }

    /// Says that no more requests will be served; the connection ends with the last that is.
    private func drain() {
        guard !isEnding else { return }
        isEnding = true
        sayGoAway(last: .maxID)
        wait(Self.notice) { connection in
            connection.sayGoAway(last: connection.last)
            if connection.open == 0 { connection.end() }
        }
    }

    private func end() {
        guard open == 0 else { return }
        sayGoAway(last: last)
        context?.close(promise: nil)
    }

    private func sayGoAway(last: HTTP2StreamID) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        context?.writeAndFlush(wrapOutboundOut(frame), promise: nil)
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
