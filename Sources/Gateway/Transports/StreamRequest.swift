import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub

/// A request that is answered by a stream, and so leaves HTTP.
struct StreamRequest {
    private enum Kind {
        case eventStream, webSocket, text
    }

    /// Paths that have streams and nothing else.
    static let paths = ["/v1/events", "/v1/ws"]

    private let kind: Kind
    private let target: Target
    private let headers: HTTPFields

    /// `nil` when the request is for the router.
    /// - Throws: ``Problem`` when the query is broken.
    init?(_ request: HTTPRequest) throws(Problem) {
        guard request.method == .get, let path = request.path, path.hasPrefix("/v1/") else { return nil }
        target = try Target(request)
        headers = request.headerFields
        let isChannel = target.path.hasPrefix(Target.channels) && target.path != Target.channels
        let accept = Accept(headers[.accept])
        if target.path == "/v1/ws" || isChannel && Self.upgrades(headers) {
            kind = .webSocket
        } else if target.path == "/v1/events" || isChannel && accept.wantsEventStream {
            kind = .eventStream
        } else if isChannel, accept.prefersText || accept.takesAnything,
            try target.query.flag("follow")
        {
            kind = .text
        } else {
            return nil
        }
    }

    private static func upgrades(_ headers: HTTPFields) -> Bool {
        headers[.upgrade]?.lowercased() == "websocket"
    }

    /// What makes the stream's transport.
    /// - Throws: ``Problem`` that says what is wrong with the request.
    func transport(_ streams: StreamOptions) throws(Problem) -> @Sendable () -> any Transport {
        switch kind {
        case .eventStream: try eventStream(streams)
        case .webSocket: try webSocket(streams)
        case .text: try text(streams)
        }
    }

    private func eventStream(_ streams: StreamOptions) throws(Problem) -> @Sendable () -> any Transport {
        let isSeveral = target.path == "/v1/events"
        let channels = isSeveral ? try self.channels(streams, atLeast: 1) : [try target.channel()]
        let selection = StartSelection(streams.config)
        let starts =
            isSeveral
            ? try selection.starts(of: channels, target.query, headers)
            : [(channels[0], try selection.start(of: channels[0], target.query, headers))]
        var options = streams.eventStream
        options.pingsAreEvents = try pingsAreEvents()
        return { [options] in EventStream(starts: starts, isSeveral: isSeveral, options: options) }
    }

    private func text(_ streams: StreamOptions) throws(Problem) -> @Sendable () -> any Transport {
        let channel = try target.channel()
        let start = try StartSelection(streams.config).start(of: channel, target.query, headers)
        return { TextStream(channel: channel, start: start) }
    }

    private func webSocket(_ streams: StreamOptions) throws(Problem) -> @Sendable () -> any Transport {
        let head = try WebSocketUpgrade.accept(headers)
        let options = streams.webSocket
        do throws(Problem) {
            let starts = try webSocketStarts(streams)
            return { WebSocketStream(head: head, starts: starts, options: options) }
        } catch {
            return { WebSocketStream(head: head, starts: [], refusal: error, options: options) }
        }
    }

    private func webSocketStarts(_ streams: StreamOptions) throws(Problem) -> [(channel: ChannelName, start: Start)] {
        let channels = target.path == "/v1/ws" ? try self.channels(streams, atLeast: 0) : [try target.channel()]
        let selection = StartSelection(streams.config)
        guard channels.count == 1 else { return try selection.starts(of: channels, target.query, headers) }
        return [(channels[0], try selection.start(of: channels[0], target.query, headers))]
    }

    private func pingsAreEvents() throws(Problem) -> Bool {
        switch target.query["ping"] {
        case nil, "comment": false
        case "event": true
        case let other?: throw Problem.invalidQuery("ping", other, "event or comment")
        }
    }

    /// The channels that the query names, each once.
    private func channels(_ streams: StreamOptions, atLeast least: Int) throws(Problem) -> [ChannelName] {
        var channels: [ChannelName] = []
        for name in target.query.all("channel") {
            let channel = try Target.channel(name)
            if !channels.contains(channel) { channels.append(channel) }
        }
        let most = streams.config.limits.subscriptions
        guard channels.count >= least else {
            throw Problem(.badRequest, "invalid_channel", "the query names no channel: ?channel=a&channel=b")
        }
        guard channels.count <= most else {
            throw Problem(
                .tooManyRequests, "too_many_subscriptions",
                "a connection may follow \(most) channels (limits.subscriptions)")
        }
        return channels
    }
}

/// What all streams of a gateway have in common.
struct StreamOptions: Sendable {
    let config: GatewayConfig
    let eventStream: EventStreamOptions
    let webSocket: WebSocketOptions

    init(config: GatewayConfig, broker: any Broker, counters: Counters) {
        self.config = config
        eventStream = EventStreamOptions(heartbeat: config.heartbeat.wholeSeconds)
        webSocket = WebSocketOptions(
            broker: broker, counters: counters, replay: { config.policy(for: $0).replay },
            messageBytes: Publication.longestObject(dataBytes: config.limits.messageBytes),
            ping: config.websocket.ping.wholeSeconds, silence: config.websocket.silence.wholeSeconds,
            subscriptions: config.limits.subscriptions, publishesUnderWay: config.websocket.publishesUnderWay)
    }
}

extension Duration {
    /// Seconds, rounded up, at least one: what the shards' clock can do.
    var wholeSeconds: UInt32 {
        let (seconds, attoseconds) = components
        return UInt32(max(1, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
