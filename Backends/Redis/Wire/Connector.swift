import BrokerSupport
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Opens connections: the socket, TLS, then the login.
struct Connector {
    let endpoint: Endpoint
    let options: RedisOptions

    func open(
        on group: any EventLoopGroup, push: (@Sendable ([Reply]) -> Void)?
    ) async throws(RedisError) -> RedisConnection {
        let started = ContinuousClock.now
        let connection = try await connect(on: group, push: push)
        let left = options.connectTimeout - (ContinuousClock.now - started)
        let timer = group.any().scheduleTask(in: TimeAmount(max(left, .zero))) {
            connection.close(reason: "it did not answer within \(options.connectTimeout.spelled)")
        }
        defer { timer.cancel() }
        do throws(RedisError) {
            try await Login(endpoint: endpoint, options: options).run(on: connection)
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    private func connect(
        on group: any EventLoopGroup, push: (@Sendable ([Reply]) -> Void)?
    ) async throws(RedisError) -> RedisConnection {
        let tls = try options.tls.map { tls throws(RedisError) in try TLSClient(tls, endpoint: endpoint) }
        let bootstrap = bootstrap(on: group)
        let initialize = { @Sendable (channel: any Channel) in
            channel.eventLoop.makeCompletedFuture { try makeConnection(on: channel, tls: tls, push: push) }
        }
        do {
            return switch endpoint {
            case .host(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: initialize)
            case .unix(let path):
                try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
            }
        } catch {
            throw ConnectionFailure.of(error, endpoint: endpoint)
        }
    }

    /// Called for every address of a host that is tried.
    private func makeConnection(
        on channel: any Channel, tls: TLSClient?, push: (@Sendable ([Reply]) -> Void)?
    ) throws -> RedisConnection {
        if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
        let inbox = CommandInbox(endpoint: endpoint)
        let handler = ConnectionHandler(
            endpoint: endpoint, options: options, inbox: inbox, push: push, on: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(handler)
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        return RedisConnection(endpoint: endpoint, inbox: inbox, handler: bound)
    }

    private func bootstrap(on group: any EventLoopGroup) -> ClientBootstrap {
        let bootstrap = ClientBootstrap(group: group).connectTimeout(TimeAmount(options.connectTimeout))
        guard case .host = endpoint else { return bootstrap }
        return
            bootstrap
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(Self.keepalive(TCP_KEEPIDLE), value: 10)
            .channelOption(Self.keepalive(TCP_KEEPINTVL), value: 5)
            .channelOption(Self.keepalive(TCP_KEEPCNT), value: 3)
    }

    /// In seconds, and for the last in probes: a peer that is gone is noticed in 25 s even when nothing is sent.
    private static func keepalive(_ name: Int32) -> ChannelOptions.Types.SocketOption {
        .init(level: .init(IPPROTO_TCP), name: .init(name))
    }
}
