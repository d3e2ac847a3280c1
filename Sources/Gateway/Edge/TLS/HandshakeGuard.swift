import HTTPTypes
import NIOCore

/// The first handler of a connection by TLS, until the handshake is over: it gives the handshake its time, and
/// tells a peer that speaks plain HTTP why it isn't understood.
final class HandshakeGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The content type of a handshake's record (RFC 8446 §5.1), which a connection begins with.
    private static let handshakeRecord: UInt8 = 22

    private let timeout: TimeAmount
    private let refusals: Refusals
    private var isFirst = true
    private var isRefused = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(timeout: TimeAmount, refusals: Refusals) {
        self.timeout = timeout
        self.refusals = refusals
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        closes(in: timeout)
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        timer?.cancel()
        context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        let first = unwrapInboundIn(data).readableBytesView.first
        guard isFirst, first != Self.handshakeRecord else {
            isFirst = false
            return context.fireChannelRead(data)
        }
        isRefused = true
        refuse(Problem(.badRequest, "tls_required", "this port speaks TLS: https://"))
    }

    private func refuse(_ problem: Problem) {
        guard let context else { return }
        refusals.count(problem)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(refusal: problem)), promise: nil)
        context.close(mode: .output, promise: nil)
        closes(in: ConnectionWatch.lingering)
    }

    private func closes(in time: TimeAmount) {
        guard let context else { return }
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.context?.close(promise: nil)
        }
    }

    /// The handshake is over: there is nothing left to guard.
    func completed() {
        guard let context else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
