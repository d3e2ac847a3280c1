import BrokerCore
import Logging
import RedisBroker

/// Channels below one prefix of a Redis, and the function library of that prefix.
struct RedisBackend: BrokerBackend {
    /// One server, over TCP, TLS or a unix socket; what sentinels lead to; a cluster.
    static let schemes = RedisURL.schemes

    let scheme: String
    let url: RedisURL
    let settings: BrokerSettings
    let logger: Logger

    func open() async throws -> any Broker {
        try await RedisBroker.open(url, settings: settings, logger: logger)
    }

    /// Below the prefix, so that a user whose key pattern is the prefix may do it; and no channel of the prefix itself, whose
    /// keys have `{` there.
    func sandbox() -> any BrokerSandbox {
        var url = url
        url.prefix += "verify-\(Epoch.random()):"
        return RedisSandbox(backend: RedisBackend(scheme: scheme, url: url, settings: settings, logger: logger))
    }
}

private struct RedisSandbox: BrokerSandbox {
    let backend: RedisBackend

    var scheme: String { backend.scheme }

    func open() async throws -> any Broker { try await backend.open() }
    func sandbox() -> any BrokerSandbox { backend.sandbox() }

    func remove() async throws {
        try await RedisBroker.remove(backend.url)
    }
}
