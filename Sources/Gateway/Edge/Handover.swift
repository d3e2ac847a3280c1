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
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(leftovers, position: .after(decoder))
            // It goes when it is through with what was read at once.
            pipeline.removeHandler(decoder).assumeIsolated().whenComplete { _ in
                if !openSocket(transport, leftovers) { leaveHTTP(transport, leftovers) }
            }
        } catch {
            channel.close(promise: nil)
        }
    }

    /// The socket leaves NIO, whose channel ends with its handlers. Not while that has something to send.
    private func openSocket(_ transport: @escaping @Sendable () -> any Transport, _ leftovers: Leftovers) -> Bool {
        guard takesSocket, (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0,
            let socket = duplicateSocket()
        else { return false }
        channel.close(promise: nil)
        hub.open(
            SessionSeed(
                connection: .socket(socket), received: leftovers.take(), holds: holds, transport: transport))
        return true
    }

    /// The channel lives on, and speaks HTTP no more.
    private func leaveHTTP(_ transport: @escaping @Sendable () -> any Transport, _ leftovers: Leftovers) {
        let pipeline = channel.pipeline.syncOperations
        do {
            try channel.syncOptions?.setOption(.autoRead, value: false)
            let removals = [
                pipeline.removeHandler(try pipeline.handler(type: RequestHandler.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)),
                pipeline.removeHandler(try pipeline.handler(type: KeepAlive.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTPServerPipelineHandler.self)),
                pipeline.removeHandler(try pipeline.handler(type: PublishHandler.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTPResponseEncoder.self)),
                pipeline.removeHandler(try pipeline.handler(type: ConnectionWatch.self)),
                pipeline.removeHandler(try pipeline.handler(type: TrafficMeter.self)),
            ]
            EventLoopFuture.andAllSucceed(removals, on: channel.eventLoop).flatMap {
                channel.writeAndFlush(ByteBuffer())
            }.assumeIsolated().whenComplete { result in
                switch result {
                case .success where openSocket(transport, leftovers): break
                case .success: openSink(transport, leftovers)
                case .failure: channel.close(promise: nil)
                }
            }
        } catch {
            channel.close(promise: nil)
        }
    }

    private func openSink(_ transport: @escaping @Sendable () -> any Transport, _ leftovers: Leftovers) {
        channel.pipeline.syncOperations.removeHandler(leftovers, promise: nil)
        let seed = SessionSeed(
            connection: .sink { [channel] handle in ChannelSink(channel: channel, handle: handle) },
            received: leftovers.take(), holds: holds, transport: transport)
        hub.open(seed)
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
