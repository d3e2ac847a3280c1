import BrokerCore

/// Every key there is, in the order of the example and the documentation. To add one: a property with its default in
/// ``GatewayConfig``, and a line here.
enum Schema {
    static let keys: [Key] = listen + broker + namespace + tasks + access + limits + timeouts + websocket + general
    static let outline = Outline(keys)

    private static let listen = [
        Key(
            "listen.host", \.listen.host, .text(bytes: 255, "an address or a host name"), flag: "--listen",
            "The address to listen on; `0.0.0.0` is all of IPv4, `::` all there are."),
        Key(
            "listen.port", \.listen.port, .integer(0...65535), flag: "--listen",
            "The port to listen on; 0 is any free one."),
        Key(
            "listen.tls.certificate", \.listen.tls.certificate,
            ValueType<String>.text(bytes: 4096, "a file").orNull("no TLS"),
            "The certificate and those that vouch for it, as PEM. It is read again when it changes."),
        Key(
            "listen.tls.key", \.listen.tls.key, ValueType<String>.text(bytes: 4096, "a file").orNull("no TLS"),
            "The key of the certificate, as PEM."),
        Key("listen.http2", \.listen.http2, .boolean(), "HTTP/2 is spoken beside HTTP/1.1."),
    ]

    private static let broker = [
        Key(
            "broker.url", \.broker.url, .text(bytes: 4096, "a broker's URL", mask: Secrets.mask), flag: "--broker",
            "Where channels live: `memory:` is this process; `redis:` and its kin a Redis, `postgres:` or `host=…` a Postgres, "
                + "that gateways share."),
        Key(
            "broker.memory.bytes", \.broker.memory.bytes, .size(1 << 20...1 << 40),
            "What all channels of the memory broker together may hold."),
        Key(
            "broker.redis.prefix", \.broker.redis.prefix, .text(bytes: 64, "a prefix of keys"),
            "What the keys, pub/sub channels and functions of a Redis broker begin with, unless its URL says another."),
        Key(
            "broker.postgres.listen_url", \.broker.postgres.listenURL,
            ValueType<String>.text(bytes: 4096, "a Postgres URL", mask: Secrets.mask).orNull("as `broker.url`"),
            "A direct way to the same database, where `broker.url` leads to a pooler: announcements come there."),
        Key(
            "broker.postgres.schema", \.broker.postgres.schema, .identifier(bytes: 40),
            "The schema of a Postgres broker's tables and functions."),
        Key(
            "broker.postgres.publish", \.broker.postgres.publish, .choice(),
            "Who announces what others' transactions publish: they themselves as they commit, or a gateway just after."),
    ]

    private static let namespace = [
        Key(
            namespace: "history.messages", \.history.messages, .integer(1...1_000_000),
            "Messages that a channel's log keeps."),
        Key(namespace: "history.bytes", \.history.bytes, .size(1...1 << 40), "Data that a channel's log keeps."),
        Key(
            namespace: "history.ttl", \.history.ttl, .duration(.seconds(1) ... .seconds(3650 * 86400)),
            "How long a channel lives after its last message."),
        Key(
            namespace: "history.ttl_after_close", \.history.ttlAfterClose,
            ValueType<Duration>.duration(.seconds(1) ... .seconds(3650 * 86400)).orNull("as `history.ttl`"),
            "How long a closed channel lives after its last message."),
        Key(
            namespace: "replay", \.replay, .replay(lastAtMost: 1_000_000),
            "Where a reader starts that does not say it."),
        Key(
            namespace: "subscribe", \.subscribe, ValueType<AccessPolicy>.choice().orNull("as `auth` allows"),
            "Who may read its channels; `null` is `token` where tokens or keys are known, else `callback` where there is one, "
                + "else `anyone`."),
        Key(
            namespace: "publish", \.publish, ValueType<AccessPolicy>.choice().orNull("as `auth` allows"),
            "Who may write to its channels, and change its tasks; `null` as above."),
    ]

    private static let tasks = [
        Key(
            "tasks.namespace", \.tasks.namespace, .namespace(bytes: 64),
            "The namespace of tasks: task 42 is the channel `task:42`.")
    ]

    private static let limits = [
        Key(
            "limits.message_bytes", \.limits.messageBytes, .size(1...BrokerSettings.maximumMessageBytes),
            "The data of one message."),
        Key(
            "limits.session_buffer_bytes", \.limits.sessionBufferBytes, .size(4096...1 << 30),
            "What may wait for one reader; past it the reader is fed from the log."),
        Key(
            "limits.header_bytes", \.limits.headerBytes, .size(1 << 10...1 << 20),
            "A request's line and headers together."),
        Key("limits.header_count", \.limits.headerCount, .integer(10...1000), "Headers of one request."),
        Key(
            "limits.line_bytes", \.limits.lineBytes,
            ValueType<Int>.size(1...BrokerSettings.maximumMessageBytes).orNull("as `limits.message_bytes`"),
            "One line of a `lines=1` stream; at most `limits.message_bytes`."),
        Key(
            "limits.publish_batch", \.limits.publishBatch, .integer(1...10000),
            "NDJSON or `lines=1` publications of one request under way at once."),
        Key(
            "limits.subscriptions", \.limits.subscriptions, .integer(1...100_000),
            "Channels that one connection follows at once."),
        Key(
            "limits.connections", \.limits.connections, .integer(0...100_000_000),
            "Connections at once; 0 is as many as the file descriptors allow."),
        Key(
            "limits.connections_per_address", \.limits.connectionsPerAddress, .integer(0...100_000_000),
            "Connections at once of one address, and streams of HTTP/2 besides; behind `trusted_proxies`, of the address "
                + "that they name. 0 is no limit."),
        Key(
            "limits.connections_per_token", \.limits.connectionsPerToken, .integer(0...100_000_000),
            "Streams at once of one token's subject, or of one token that has none. 0 is no limit."),
        Key(
            "limits.messages_per_second", \.limits.messagesPerSecond, .integer(0...10_000_000),
            "Messages a second of one publisher: a key, a token's subject, or an address. 0 is no limit."),
        Key(
            "limits.http2_streams", \.limits.http2Streams, .integer(1...10_000),
            "Streams and requests at once of one HTTP/2 connection."),
        Key(
            "limits.channels_per_page", \.limits.channelsPerPage, .integer(1...ChannelQuery.maximumLimit),
            "Channels in one page of the list."),
    ]

    private static let timeouts = [
        Key(
            "timeouts.handshake", \.timeouts.handshake, .duration(.milliseconds(100) ... .seconds(3600)),
            "From a connection's first byte to the end of the TLS handshake."),
        Key(
            "timeouts.header", \.timeouts.header, .duration(.milliseconds(100) ... .seconds(3600)),
            "From a request's first byte to the end of its headers."),
        Key(
            "timeouts.body", \.timeouts.body, .duration(.milliseconds(100) ... .seconds(86400)),
            "Silence inside a request's body."),
        Key(
            "timeouts.lines", \.timeouts.lines, .duration(.milliseconds(100) ... .seconds(365 * 86400)),
            "Silence inside the body of a `lines=1` request."),
        Key(
            "timeouts.idle", \.timeouts.idle, .duration(.milliseconds(100) ... .seconds(86400)),
            "A kept-alive connection without a request."),
        Key(
            "timeouts.write", \.timeouts.write, .duration(.milliseconds(100) ... .seconds(86400)),
            "A reader that takes nothing and acknowledges nothing."),
    ]

    private static let websocket = [
        Key(
            "websocket.ping", \.websocket.ping, .duration(.milliseconds(100) ... .seconds(86400)),
            "The time between two pings."),
        Key(
            "websocket.silence", \.websocket.silence, .duration(.milliseconds(200) ... .seconds(86400)),
            "The silence after which a reader is closed; longer than `websocket.ping`."),
        Key(
            "websocket.publishes_under_way", \.websocket.publishesUnderWay, .integer(1...10000),
            "Publications of one connection under way at once."),
    ]

    private static let general = [
        Key("compression", \.compression, .boolean(), "What is worth it is compressed for those who take it."),
        Key(
            "heartbeat", \.heartbeat, .duration(.milliseconds(100) ... .seconds(86400)),
            "The silence on an event stream after which a comment is sent."),
        Key(
            "drain", \.drain, .duration(.seconds(0) ... .seconds(3600)),
            "The time over which streams end when the gateway stops."),
        Key("log.level", \.log.level, .choice(), "The least severe record that is written."),
        Key("log.format", \.log.format, .choice(), "A line for people, or a JSON object a line."),
        Key("hub.shards", \.hub.shards, .integer(0...1024), "Threads that serve streams; 0 is one a processor."),
        Key(
            "hub.sockets", \.hub.sockets, .choice(),
            "What serves a stream: a shard's epoll, with io_uring where the kernel allows it, or a SwiftNIO channel."),
    ]
}
