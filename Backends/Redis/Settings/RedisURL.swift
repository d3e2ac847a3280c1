/// Where a broker's servers are and how to talk to them, from one line of configuration:
/// `SCHEME://[[USER:]PASSWORD@]HOST[:PORT][/DATABASE][?OPTION=VALUE&…]`.
package struct RedisURL: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case single(Endpoint)
        /// The sentinels say which server is the primary of `master`.
        case sentinel([Endpoint], master: String)
        /// Any nodes of the cluster; the others are found through them.
        case cluster([Endpoint])
    }

    var kind: Kind
    var options = RedisOptions()

    /// - Parameter prefix: the prefix, unless the URL has one as an option.
    /// - Throws: ``RedisURLError``.
    package init(_ text: String, prefix: String? = nil) throws(RedisURLError) {
        let parts = try RedisURLParts(text)
        if let prefix { options.prefix = try RedisURLOption.prefix(prefix) }
        let scheme = parts.scheme
        options.tls = scheme.isEncrypted ? TLSOptions() : nil
        options.credentials = try parts.credentials()
        switch scheme.kind {
        case .unix:
            kind = .single(.unix(try parts.socketPath()))
        case .single:
            let hosts = try parts.hosts(defaultPort: 6379)
            guard hosts.count == 1 else {
                throw RedisURLError("several servers need redis+cluster:// or redis+sentinel://")
            }
            kind = .single(hosts[0])
            options.database = try parts.database(at: 0)
        case .sentinel:
            kind = .sentinel(try parts.hosts(defaultPort: 26_379), master: try parts.master())
            options.database = try parts.database(at: 1)
        case .cluster:
            kind = .cluster(try parts.hosts(defaultPort: 6379))
            try parts.expectNoDatabase()
        }
        try RedisURLOption.apply(parts.query, of: scheme, to: &options)
    }
}

extension RedisURL {
    /// The schemes that a URL may have.
    package static let schemes = RedisURLScheme.all.map(\.name)

    /// What every key, every pub/sub channel and, less its punctuation, every function of these channels begins with.
    package var prefix: String {
        get { options.prefix }
        set { options.prefix = newValue }
    }
}

extension RedisURL: CustomStringConvertible {
    /// Enough to know which servers are meant, for people: without users, passwords and options.
    package var description: String {
        let suffix = options.tls == nil ? "" : " (TLS)"
        switch kind {
        case .single(let endpoint): return "Redis at \(endpoint)\(suffix)"
        case .sentinel(let endpoints, let master):
            return "Redis primary \(master) by the sentinels \(Self.list(endpoints))\(suffix)"
        case .cluster(let endpoints): return "Redis cluster of \(Self.list(endpoints))\(suffix)"
        }
    }

    private static func list(_ endpoints: [Endpoint]) -> String {
        endpoints.map(\.description).joined(separator: ", ")
    }
}

/// What is wrong with a broker's URL, in one line that says what is allowed. Never shows a password, nor what may be a
/// part of one.
package struct RedisURLError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
