import NIOCore

/// Counts a connection, and its bytes in both directions, for as long as it speaks HTTP. It stands before all other handlers,
/// behind TLS.
final class TrafficMeter: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let traffic: Traffic
    private var kind: Traffic.Kind

    init(traffic: Traffic, kind: Traffic.Kind) {
        self.traffic = traffic
        self.kind = kind
    }

    /// The connection turns out to speak another HTTP.
    func become(_ other: Traffic.Kind) {
        traffic.connections(kind, -1)
        traffic.connections(other, 1)
        kind = other
    }

    func handlerAdded(context _: ChannelHandlerContext) { traffic.connections(kind, 1) }
    func handlerRemoved(context _: ChannelHandlerContext) { traffic.connections(kind, -1) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        traffic.received(unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        traffic.sent(unwrapOutboundIn(data).readableBytes)
        context.write(data, promise: promise)
    }
}
