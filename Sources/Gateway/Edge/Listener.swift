import GatewayConfig
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOPosix

/// The socket that connections come in by.
struct Listener {
    /// Connections that the kernel completes before they are accepted.
    private static let backlog: CInt = 4096

    let config: GatewayConfig
    let services: EdgeServices
    let group: any EventLoopGroup

    /// Binds, and accepts until the channel is closed.
    /// - Throws: ``ListenError`` that says which address, and why not.
    func bind() async throws -> any Channel {
        let connections = Connections(most: config.limits.connections, hub: services.hub)
        let desks = self.desks
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, connections, desks) }
            }
        do {
            return try await bootstrap.bind(host: config.listen.host, port: config.listen.port).get()
        } catch {
            throw ListenError(host: config.listen.host, port: config.listen.port, reason: ListenError.words(error))
        }
    }

    /// One for each event loop.
    private var desks: [ObjectIdentifier: PublishDesk] {
        let broker = services.publish.services.broker
        let most = config.limits.publishBatch
        return Dictionary(
            uniqueKeysWithValues: group.makeIterator().map {
                (ObjectIdentifier($0), PublishDesk(broker: broker, most: most, loop: $0))
            })
    }

    /// ``KeepAlive`` frames the answers: only it knows which of them are to HEAD.
    private static var encoding: HTTPResponseEncoder.Configuration {
        var configuration = HTTPResponseEncoder.Configuration()
        configuration.automaticallySetFramingHeaders = false
        return configuration
    }

    /// The handlers of one HTTP/1.1 connection, from the socket inwards.
    private func configure(
        _ channel: any Channel, _ connections: Connections, _ desks: [ObjectIdentifier: PublishDesk]
    ) throws {
        let watch = ConnectionWatch(timeouts: config.timeouts, connections: connections)
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = config.limits.headerBytes
        limits.maxHeaderListSize = config.limits.headerBytes
        limits.maxHeaderFieldCount = config.limits.headerCount
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(watch)
        try pipeline.addHandler(HTTPResponseEncoder(configuration: Self.encoding))
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)))
        if let desk = desks[ObjectIdentifier(channel.eventLoop)] {
            try pipeline.addHandler(PublishHandler(route: services.publish, desk: desk, watch: watch))
        }
        try pipeline.addHandler(HTTPServerPipelineHandler())
        try pipeline.addHandler(KeepAlive(watch: watch))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(RequestHandler(services: services, watch: watch))
    }
}

/// The gateway could not listen.
package struct ListenError: Error, CustomStringConvertible {
    let host: String
    let port: Int
    let reason: String

    package var description: String {
        "can't listen on \(host):\(port): \(reason). Choose another with --listen HOST:PORT or listen.port"
    }

    static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE: "the port is taken"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is SocketAddressError: "there is no such host"
        default: "\(error)"
        }
    }
}
