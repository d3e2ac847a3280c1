import NIOCore
import NIOTLS

/// The last handler of a connection whose handshake goes on: the handshake says what is spoken behind it (RFC 7301).
final class SecureChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let opening: ConnectionOpening
    private let admitted: AdmittedConnection
    private let handshake: HandshakeGuard

    init(opening: ConnectionOpening, admitted: AdmittedConnection, handshake: HandshakeGuard) {
        self.opening = opening
        self.admitted = admitted
        self.handshake = handshake
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let chosen) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        handshake.completed()
        let channel = context.channel
        do {
            if chosen == "h2" {
                try opening.speakHTTP2(channel, admitted)
            } else {
                try opening.speakHTTP1(channel, admitted, behindTLS: self)
            }
        } catch {
            return context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// The peer has broken off, or speaks no TLS that is spoken here.
    func errorCaught(context: ChannelHandlerContext, error _: any Error) {
        context.close(promise: nil)
    }
}
