import RealServers

@testable import RedisBroker

extension RedisServer {
    var endpoint: Endpoint { .host("127.0.0.1", port: port) }
    var tlsEndpoint: Endpoint { .host("127.0.0.1", port: tlsPort) }
    var unixEndpoint: Endpoint { .unix(socketPath) }
}

extension RedisCluster {
    var endpoints: [Endpoint] { servers.map(\.endpoint) }
}

extension RedisSentinels {
    /// Of the sentinels.
    var endpoints: [Endpoint] { sentinels.map(\.endpoint) }
}
