extension GatewayConfig {
    /// The bounds on what one message, request or connection may take.
    package struct Limits: Hashable, Sendable {
        /// The data of one message, in bytes.
        package var messageBytes = 64 << 10
        /// What may wait for one reader before it is fed from the log, in bytes.
        package var sessionBufferBytes = 1 << 20
        /// A request's line and headers together, in bytes.
        package var headerBytes = 16 << 10
        package var headerCount = 100
        /// One line of a `lines=1` stream, in bytes; `nil`: as `messageBytes`. ``longestLine`` is what counts.
        package var lineBytes: Int?
        /// NDJSON or lines publications of one request that are under way at once.
        package var publishBatch = 256
        /// Channels that one connection follows at once.
        package var subscriptions = 100
        /// Connections at once; 0: as many as the descriptors allow.
        package var connections = 0
        /// Connections at once of one address, those through trusted proxies counted by what these say; 0: no limit.
        package var connectionsPerAddress = 1000
        /// Streams at once of one token's subject, or of one token that has none; 0: no limit.
        package var connectionsPerToken = 100
        /// Messages a second of one publisher: a key, a token's subject, or an address; 0: no limit.
        package var messagesPerSecond = 0
        /// Streams and requests at once of one HTTP/2 connection.
        package var http2Streams = 256
        /// Channels in one page of the list.
        package var channelsPerPage = 1000

        /// The longest line of a `lines=1` stream, in bytes.
        package var longestLine: Int { lineBytes ?? messageBytes }
    }

    /// How long the gateway waits for a peer that does nothing.
    package struct Timeouts: Hashable, Sendable {
        /// TLS, from the first byte to the last of the handshake.
        package var handshake = Duration.seconds(10)
        /// From a request's first byte to the end of its headers.
        package var header = Duration.seconds(10)
        /// Silence inside a request body.
        package var body = Duration.seconds(30)
        /// Silence inside the body of a `lines=1` request.
        package var lines = Duration.seconds(3600)
        /// A kept-alive connection without a request.
        package var idle = Duration.seconds(60)
        /// A reader that takes nothing of what waits for it.
        package var write = Duration.seconds(60)
    }

    package struct WebSocket: Hashable, Sendable {
        /// The time between two protocol pings.
        package var ping = Duration.seconds(25)
        /// The silence after which a reader is closed; longer than `ping`.
        package var silence = Duration.seconds(60)
        /// Publications of one connection that are under way at once.
        package var publishesUnderWay = 64
    }
}
