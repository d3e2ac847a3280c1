/// The least severe log record that is written; the raw values are swift-log's.
package enum LogLevel: String, CaseIterable, Hashable, Sendable {
    case trace, debug, info, notice, warning, error, critical
}

/// How a log record is written.
package enum LogFormat: String, CaseIterable, Hashable, Sendable {
    /// One line for people.
    case text
    /// One JSON object a line.
    case json
}

/// How a publication made inside someone's Postgres transaction is announced.
package enum PostgresPublishing: String, CaseIterable, Hashable, Sendable {
    /// By that transaction, as it commits.
    case notify
    /// By one gateway, soon after: the transaction only writes.
    case relay
}

/// Who may do one thing with the channels of one namespace, over HTTP and WebSocket; native producers do not ask.
package enum AccessPolicy: String, CaseIterable, Hashable, Sendable {
    /// Whoever can reach the gateway.
    case anyone
    /// Who has a token that allows it, or an API key.
    case token
    /// Those too, and whom the application allows it, which is asked.
    case callback
    /// Not even those.
    case nobody
}

/// Who may read `/metrics`.
package enum MetricsPolicy: String, CaseIterable, Hashable, Sendable {
    case anyone
    /// Who has an API key.
    case key
    case nobody
}

/// What serves a stream after its handshake.
package enum HubSockets: String, CaseIterable, Hashable, Sendable {
    /// A shard's own epoll, where the stream allows it, and io_uring to send to many at once, where the kernel does.
    case ring = "io_uring"
    /// The same without io_uring.
    case epoll
    /// Always a SwiftNIO channel.
    case nio
}
