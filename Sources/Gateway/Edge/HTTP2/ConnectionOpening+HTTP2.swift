import GatewayConfig
import NIOCore
import NIOHTTP2
import NIOHTTPTypesHTTP2

extension ConnectionOpening {
    var speaksHTTP2: Bool { live.read { $0.listen.http2 } }

    /// Adds the handlers of HTTP/2 to a connection; each request gets a channel of its own.
    func speakHTTP2(_ channel: any Channel, _ admitted: AdmittedConnection) throws {
        let limits = live.read(\.limits)
        let connection = HTTP2Connection(
            idle: times.value.idle, holds: admitted.holds, counters: services.counters, loop: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        if let meter = try? pipeline.handler(type: TrafficMeter.self) {
            meter.become(.http2)
        } else {
            try pipeline.addHandler(TrafficMeter(traffic: services.counters.traffic, kind: .http2))
        }
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server, eventLoop: channel.eventLoop,
                connectionConfiguration: HTTP2Bounds.connection(limits),
                streamConfiguration: HTTP2Bounds.stream(limits),
                streamDelegate: HTTP2Connection.Streams(connection)
            ) { stream in
                stream.eventLoop.makeCompletedFuture { try speakHTTP2(stream: stream, admitted.peer) }
            })
        try pipeline.addHandler(connection)
        shutdowns.announce(to: channel)
    }

    /// The handlers of one request, from the frames inwards.
    private func speakHTTP2(stream: any Channel, _ peer: Peer) throws {
        let limits = live.read(\.limits)
        let frames = HTTP2Stream(
            times: times.value, limits: RequestLimits(bytes: limits.headerBytes, count: limits.headerCount),
            refusals: services.counters.refusals, peer: peer)
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(frames)
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        try pipeline.addHandler(RequestHandler(services: services, carrier: frames))
    }
}
