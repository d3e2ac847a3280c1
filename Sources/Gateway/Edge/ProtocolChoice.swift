import GatewayConfig
import NIOCore

/// The last handler of a plain connection that has not said what it speaks: HTTP/2, which a peer must know to be spoken here
/// (RFC 9113 §3.3), or else HTTP/1.1. It goes when it knows.
final class ProtocolChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What HTTP/2 begins with (RFC 9113 §3.4), as far as no request of HTTP/1.1 does.
    private static let preface = Array("PRI * HTTP/2.0\r\n".utf8)

    private let opening: ConnectionOpening
    private let watch: ConnectionWatch
    /// What has come while it could be either: less than the preface. ``ConnectionWatch`` gives it `timeouts.header`.
    private var begun = ByteBuffer()

    init(opening: ConnectionOpening, watch: ConnectionWatch) {
        self.opening = opening
        self.watch = watch
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        begun.writeImmutableBuffer(unwrapInboundIn(data))
        guard let isHTTP2 else { return }
        let channel = context.channel
        do {
            if isHTTP2 {
                try WriteTimeout.limit(channel, opening.times.value.write)
                try opening.speakHTTP2(channel, AdmittedConnection(peer: watch.peer, holds: watch.holds))
                channel.pipeline.syncOperations.removeHandler(watch, promise: nil)
            } else {
                try opening.speakHTTP1(channel, watch: watch, isSecure: false)
            }
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(begun))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// `nil`: as far as it has come it may be either.
    private var isHTTP2: Bool? {
        let bytes = begun.readableBytesView
        guard opening.speaksHTTP2, bytes.count < Self.preface.count, Self.preface.starts(with: bytes) else {
            return opening.speaksHTTP2 && bytes.starts(with: Self.preface)
        }
        return nil
    }
}
