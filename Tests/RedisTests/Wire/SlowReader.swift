import NIOCore
import NIOPosix

@testable import RedisBroker

/// A listener on loopback that reads at most 1 MiB in 100 ms. It answers `+OK` to the first that it reads, and again
/// when it has read so many megabytes.
struct SlowReader {
    let endpoint: Endpoint
    private let listener: any Channel

    static func start(megabytes: Int) async throws -> SlowReader {
        let listener = try await ServerBootstrap(group: peerGroup)
            .serverChannelOption(.socketOption(.so_rcvbuf), value: 256 << 10)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 20))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Counting(megabytes << 20))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return SlowReader(endpoint: .host("127.0.0.1", port: listener.localAddress?.port ?? 0), listener: listener)
    }

    func stop() async throws { try await listener.close() }
}

private final class Counting: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let total: Int
    private var count = 0

    init(_ total: Int) { self.total = total }

    func channelActive(context: ChannelHandlerContext) {
        context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) {
            [channel = context.channel] task in
            if channel.isActive { channel.read() } else { task.cancel() }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let before = count
        count += unwrapInboundIn(data).readableBytes
        guard before == 0 || (before < total && count >= total) else { return }
        context.channel.writeAndFlush(ByteBuffer(string: "+OK\r\n"), promise: nil)
    }
}
