import HTTPTypes
import NIOCore
import NIOHTTP1

/// What HTTP/1.1 asks of a connection beside its messages: a `Host` in each request, the framing of each answer, and whether
/// the connection is used again (RFC 9112 §3.2, §6, §9.3). It is not when the peer does not want it, or when the answer came before
/// the end of the request, of which the rest would have to be read.
final class KeepAlive: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let watch: ConnectionWatch
    private let counters: Counters
    private var isWanted = true
    private var requestHasEnded = true
    /// HTTP/1.0 knows no chunks: a body of unknown length ends with the connection (RFC 9112 §6.1).
    private var isOld = false
    /// The answer has no body, whatever its headers say.
    private var isHead = false
    private var isRefused = false

    init(watch: ConnectionWatch, counters: Counters) {
        self.watch = watch
        self.counters = counters
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard head.version == .http1_0 || head.headers["host"].count == 1 else {
                isRefused = true
                return watch.refuse(Problem(.badRequest, "invalid_host", "a request has one Host (RFC 9112 §3.2)"))
            }
            guard head.version != .http1_0 || !head.headers.contains(name: "transfer-encoding") else {
                isRefused = true
                return watch.refuse(
                    Problem(.badRequest, "invalid_http", "HTTP/1.0 has no Transfer-Encoding (RFC 9112 §6.1)"))
            }
            requestHasEnded = false
            isHead = head.method == .HEAD
            isOld = head.version == .http1_0
            // The decoder reads nothing behind a request that asks for another protocol.
            isWanted = isWanted && head.isKeepAlive && !head.headers.contains(name: "upgrade")
        case .body: break
        case .end: requestHasEnded = true
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where !head.status.isInformational:
            let hasLength = head.headers.contains(name: "content-length")
            if isOld {
                head.version = .http1_0
            } else if !hasLength, !isHead, head.status.mayHaveResponseBody {
                head.headers.add(name: "Transfer-Encoding", value: "chunked")
            }
            if counters.isDraining { isWanted = false }
            if isOld ? !hasLength : !requestHasEnded && hasLength { isWanted = false }
            if !isWanted { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end(let trailers):
            // The connection's time goes on when the peer has taken the answer, not when it was handed to the socket.
            let written = promise ?? context.eventLoop.makePromise()
            let isKept = isWanted && requestHasEnded
            let watch = NIOLoopBound(watch, eventLoop: context.eventLoop)
            written.futureResult.whenComplete { _ in
                if isKept { watch.value.endedResponse() } else { watch.value.closeGently() }
            }
            context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: written)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }
}

extension HTTPResponseStatus {
    fileprivate var isInformational: Bool { (100..<200).contains(code) }
}
