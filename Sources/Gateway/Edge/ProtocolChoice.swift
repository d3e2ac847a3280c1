import GatewayConfig
import NIOCore

/// The last handler of a plain connection that has not said what it speaks: HTTP/2, which a peer must know to be spoken here
/// (RFC 9113 §3.3), or else HTTP/1.1. It goes when it knows.
final class ProtocolChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// What HTTP/2 begins with (RFC 9113 §3.4), as far as no request of HTTP/1.1 does.
    private static let preface = Array("PRI * HTTP/2.0\r\n".utf8)

    private let opening: ConnectionOpening
    private let watch: ConnectionWatch

    init(opening: ConnectionOpening, watch: ConnectionWatch) {
        self.opening = opening
        self.watch = watch
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        do {
            if opening.speaksHTTP2, unwrapInboundIn(data).readableBytesView.starts(with: Self.preface) {
                try WriteTimeout.limit(channel, opening.live.current.timeouts.write)
                try opening.speakHTTP2(channel, AdmittedConnection(peer: watch.peer, holds: watch.holds))
                channel.pipeline.syncOperations.removeHandler(watch, promise: nil)
            } else {
                try opening.speakHTTP1(channel, watch: watch, isSecure: false)
            }
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
