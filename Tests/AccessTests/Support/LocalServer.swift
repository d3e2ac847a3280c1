import BrokerCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// A real HTTP server on loopback, which answers as it is told and remembers what it was asked.
final class LocalServer: Sendable {
    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: String
    }

    struct Reply: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body = ""
    }

    private let listener: any Channel
    private let received: Locked<[Request]>

    private init(listener: any Channel, received: Locked<[Request]>) {
        (self.listener, self.received) = (listener, received)
    }

    var url: String { "http://127.0.0.1:\(listener.localAddress?.port ?? 0)/" }
    var requests: [Request] { received.withLock { $0 } }

    /// Runs while `body` does.
    static func run<Result>(
        answering: @escaping @Sendable (Request) async -> Reply, _ body: (LocalServer) async throws -> Result
    ) async throws -> Result {
        let received = Locked<[Request]>([])
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(received, answering))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = LocalServer(listener: listener, received: received)
        do {
            let result = try await body(server)
            try await listener.close()
            return result
        } catch {
            try await listener.close()
            throw error
        }
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let received: Locked<[LocalServer.Request]>
    private let answering: @Sendable (LocalServer.Request) async -> LocalServer.Reply
    private var head: HTTPRequestHead?
    private var body = ""

    init(
        _ received: Locked<[LocalServer.Request]>,
        _ answering: @escaping @Sendable (LocalServer.Request) async -> LocalServer.Reply
    ) {
        (self.received, self.answering) = (received, answering)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, "")
        case .body(let bytes): body += String(buffer: bytes)
        case .end:
            guard let head else { return }
            answer(LocalServer.Request(head: head, body: body), on: context.channel)
        }
    }

    private func answer(_ request: LocalServer.Request, on channel: any Channel) {
        received.withLock { $0.append(request) }
        let answering = answering
        Task {
            let reply = await answering(request)
            var headers = HTTPHeaders(reply.headers)
            headers.replaceOrAdd(name: "content-length", value: "\(reply.body.utf8.count)")
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: reply.body))), promise: nil)
            try? await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        }
    }
}

/// Holds those who wait until it is opened.
final class Gate: Sendable {
    private let state = Locked<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
