import GatewayConfig
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOSSL

/// Furnishes each new connection with the handlers of what it speaks.
struct ConnectionOpening: Sendable {
    let live: LiveConfig
    let times: Derived<GatewayConfig.Timeouts, ConnectionTimes>
    let services: EdgeServices
    /// One for each event loop.
    let desks: [ObjectIdentifier: PublishDesk]
    /// `nil`: connections are plain.
    let certificates: Certificates?
    let shutdowns: ShutdownNotice

    /// From the socket inwards, as far as is known before the peer has said anything.
    func begin(_ channel: any Channel) throws {
        let connections = services.limits.connections
        let peer = connections.peer(channel)
        let admitted: AdmittedConnection
        do throws(Problem) {
            admitted = AdmittedConnection(peer: peer, holds: try connections.admit(peer))
        } catch {
            services.counters.refusals.count(error)
            return try channel.pipeline.syncOperations.addHandler(connections.refusal(error))
        }
        if let certificates {
            try shakeHands(channel, admitted, certificates)
        } else {
            let watch = watch(admitted, takesSocket: services.takesSockets)
            try channel.pipeline.syncOperations.addHandlers([
                TrafficMeter(traffic: services.counters.traffic, kind: .http), watch,
                ProtocolChoice(opening: self, watch: watch),
            ])
        }
    }

    private func shakeHands(
        _ channel: any Channel, _ admitted: AdmittedConnection, _ certificates: Certificates
    ) throws {
        let times = times.value
        try WriteTimeout.limit(channel, times.write)
        try PassingReceiveBuffers.use(channel)
        let handshake = HandshakeGuard(timeout: times.handshake, refusals: services.counters.refusals)
        try channel.pipeline.syncOperations.addHandlers([
            handshake, NIOSSLServerHandler(context: certificates.context),
            SecureChoice(opening: self, admitted: admitted, handshake: handshake),
        ])
    }

    // MARK: HTTP/1.1

    private func watch(_ admitted: AdmittedConnection, takesSocket: Bool) -> ConnectionWatch {
        ConnectionWatch(
            times: times.value, refusals: services.counters.refusals, admitted: admitted, takesSocket: takesSocket)
    }

    func speakHTTP1(_ channel: any Channel, _ admitted: AdmittedConnection, behindTLS choice: SecureChoice) throws {
        let watch = watch(admitted, takesSocket: false)
        let meter = TrafficMeter(traffic: services.counters.traffic, kind: .http)
        try channel.pipeline.syncOperations.addHandlers([meter, watch], position: .after(choice))
        try speakHTTP1(channel, watch: watch, isSecure: true)
    }

    /// Adds the handlers behind ``ConnectionWatch``.
    func speakHTTP1(_ channel: any Channel, watch: ConnectionWatch, isSecure: Bool) throws {
        let (bytes, count) = live.read { ($0.limits.headerBytes, $0.limits.headerCount) }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = bytes
        limits.maxHeaderListSize = bytes
        limits.maxHeaderFieldCount = count
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder(configuration: Self.encoding))
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)))
        if let desk = desks[ObjectIdentifier(channel.eventLoop)] {
            try pipeline.addHandler(PublishHandler(route: services.publish, desk: desk, watch: watch))
        }
        try pipeline.addHandler(HTTPServerPipelineHandler())
        try pipeline.addHandler(KeepAlive(watch: watch, counters: services.counters))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
        try pipeline.addHandler(RequestHandler(services: services, carrier: watch))
    }

    /// ``KeepAlive`` frames the answers: only it knows which of them are to HEAD.
    private static var encoding: HTTPResponseEncoder.Configuration {
        var configuration = HTTPResponseEncoder.Configuration()
        configuration.automaticallySetFramingHeaders = false
        return configuration
    }
}

/// A connection that is served, and that is counted for as long as its holds are kept.
struct AdmittedConnection: Sendable {
    let peer: Peer
    let holds: [Hold]
}
