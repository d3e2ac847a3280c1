import Glibc
import Hub
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Takes a connection out of HTTP and gives it to the Hub: its socket, duplicated, to a shard's own epoll, or the NIO
/// channel itself behind a sink.
///
/// What NIO has read already goes along; what was written before must have left, or it would overtake the stream.
struct Handover {
    let channel: any Channel
    let hub: Hub
    let takesSocket: Bool
    /// What the stream counts as, kept for as long as it lasts.
    let holds: [Hold]

    /// On the channel's event loop, at the end of the request that asked for the stream.
    func begin(_ transport: @escaping @Sendable () -> any Transport) {
        let pipeline = channel.pipeline.syncOperations
        let leftovers = Leftovers()
        let bound = NIOLoopBound(leftovers, eventLoop: channel.eventLoop)
        do {
            try channel.syncOptions?.setOption(.autoRead, value: false)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(leftovers, position: .after(decoder))
            let removals = [
                pipeline.removeHandler(try pipeline.handler(type: RequestHandler.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)),
                pipeline.removeHandler(try pipeline.handler(type: KeepAlive.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTPServerPipelineHandler.self)),
                pipeline.removeHandler(try pipeline.handler(type: PublishHandler.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTPResponseEncoder.self)),
                pipeline.removeHandler(decoder),
                pipeline.removeHandler(try pipeline.handler(type: ConnectionWatch.self)),
                pipeline.removeHandler(try pipeline.handler(type: TrafficMeter.self)),
            ]
            EventLoopFuture.andAllSucceed(removals, on: channel.eventLoop).flatMap {
                channel.writeAndFlush(ByteBuffer())
            }.whenComplete { result in
                switch result {
                case .success: finish(transport, bound.value)
                case .failure: channel.close(promise: nil)
                }
            }
        } catch {
            channel.close(promise: nil)
        }
    }

    private func finish(_ transport: @escaping @Sendable () -> any Transport, _ leftovers: Leftovers) {
        let received = leftovers.take()
        channel.pipeline.syncOperations.removeHandler(leftovers, promise: nil)
        if takesSocket, let socket = duplicateSocket() {
            channel.close(promise: nil)
            hub.open(SessionSeed(connection: .socket(socket), received: received, holds: holds, transport: transport))
        } else {
            let channel = channel
            let seed = SessionSeed(
                connection: .sink { handle in ChannelSink(channel: channel, handle: handle) }, received: received,
                holds: holds, transport: transport)
            hub.open(seed)
        }
    }

    /// A descriptor of our own for the connection. Closing the channel then closes nothing but NIO's.
    private func duplicateSocket() -> Int32? {
        var copy: Int32 = -1
        _ = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            socket in
            copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        }
        return copy >= 0 ? copy : nil
    }
}

/// Where what the HTTP decoder had not used ends up. Requests that it had read behind the one for the stream get no answer.
private final class Leftovers: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private var buffer = ByteBuffer()

    func channelRead(context _: ChannelHandlerContext, data: NIOAny) {
        if case .byteBuffer(let bytes) = unwrapInboundIn(data) as? IOData { buffer.writeImmutableBuffer(bytes) }
    }

    func take() -> [UInt8] {
        buffer.readBytes(length: buffer.readableBytes) ?? []
    }
}
