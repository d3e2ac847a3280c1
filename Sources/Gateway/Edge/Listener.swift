import GatewayConfig
import Glibc
import Logging
import NIOCore
import NIOPosix

/// The socket that connections come in by.
struct Listener {
    /// Connections that the kernel completes before they are accepted.
    private static let backlog: CInt = 4096

    let live: LiveConfig
    let services: EdgeServices
    let group: any EventLoopGroup
    /// `nil`: connections are plain.
    let certificates: Certificates?
    let shutdowns = ShutdownNotice()

    /// Binds, and accepts until the channel is closed.
    /// - Throws: ``ListenError`` that says which address, and why not.
    func bind() async throws -> any Channel {
        let config = live.current
        let opening = ConnectionOpening(
            live: live, times: Derived(live, of: \.timeouts, make: ConnectionTimes.init), services: services,
            desks: desks, certificates: certificates, shutdowns: shutdowns)
        let logger = services.logger
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Connections have it of the socket that they come in by, as TCP_NODELAY, which NIO sets there.
            .serverChannelOption(.socketOption(.so_keepalive), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try opening.begin(channel) }
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
        let most = live.current.limits.publishBatch
        return Dictionary(
            uniqueKeysWithValues: group.makeIterator().map {
                (ObjectIdentifier($0), PublishDesk(broker: broker, most: most, loop: $0))
            })
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
