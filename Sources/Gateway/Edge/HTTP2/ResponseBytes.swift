import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The last handler of a stream that the Hub has: its bytes are the response's body, and the end of them is its end.
final class ResponseBytes: ChannelOutboundHandler {
    typealias OutboundIn = Any
    typealias OutboundOut = HTTPResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        if let head = part as? HTTPResponse {
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        } else if case .byteBuffer(let bytes) = part as? IOData {
            context.write(wrapOutboundOut(.body(bytes)), promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }
}
