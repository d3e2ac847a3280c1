import NIOCore
import NIOPosix

@testable import RedisBroker

/// A listener on loopback that answers whatever it reads with what a test says: the first time, the second time …
struct FakeServer {
    let endpoint: Endpoint
    private let listener: any Channel

    /// - Parameter pieces: for every read, what is sent, piece by piece with `pause` before each.
    static func start(_ pieces: [[String]], pause: TimeAmount = .zero) async throws -> FakeServer {
        let listener = try await ServerBootstrap(group: peerGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(pieces, pause: pause))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FakeServer(endpoint: .host("127.0.0.1", port: listener.localAddress?.port ?? 0), listener: listener)
    }

    func stop() async throws { try await listener.close() }
}

private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var answers: ArraySlice<[String]>
    private let pause: TimeAmount

    init(_ answers: [[String]], pause: TimeAmount) {
        self.answers = answers[...]
        self.pause = pause
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        for (index, piece) in (answers.popFirst() ?? []).enumerated() {
            channel.eventLoop.scheduleTask(in: pause * (index + 1)) {
                channel.writeAndFlush(ByteBuffer(string: piece), promise: nil)
            }
        }
    }
}
