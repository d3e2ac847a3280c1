/// A primary, two replicas of it, and three sentinels that watch them and replace a primary which is silent for
/// ``patience``.
package final class RedisSentinels: Sendable {
    /// The name under which they watch the primary.
    package static let master = "mymaster"
    /// How long the primary may be silent until it is replaced, in milliseconds.
    package static let patience = 700

    /// The first is the primary at the start.
    package let servers: [RedisServer]
    /// Who watches.
    package let sentinels: [RedisServer]

    /// The one at the start.
    package var primary: RedisServer { servers[0] }

    /// Starts all, runs `body` and stops them.
    /// - Parameters:
    ///   - options: of all servers.
    ///   - sentinelOptions: of all sentinels.
    package static func run<Result: Sendable>(
        _ options: RedisServerOptions = RedisServerOptions(),
        sentinelOptions: RedisServerOptions = RedisServerOptions(),
        isolation: isolated (any Actor)? = #isolation, _ body: (RedisSentinels) async throws -> Result
    ) async throws -> Result {
        var started: [RedisServer] = []
        do {
            let primary = try await RedisServer.start(options)
            started.append(primary)
            var replicaOptions = options
            replicaOptions.config += ["replicaof 127.0.0.1 \(primary.port)"]
            replicaOptions.config += options.password.map { ["masterauth \($0)"] } ?? []
            for _ in 0..<2 { started.append(try await RedisServer.start(replicaOptions)) }
            var sentinelOptions = sentinelOptions
            sentinelOptions.kind = .sentinel
            sentinelOptions.config += lines(watching: primary, options)
            for _ in 0..<3 { started.append(try await RedisServer.start(sentinelOptions)) }
            let set = RedisSentinels(servers: Array(started[..<3]), sentinels: Array(started[3...]))
            try await set.settle()
            let result = try await body(set)
            for server in started { await server.stop() }
            return result
        } catch {
            for server in started { await server.stop() }
            throw error
        }
    }

    private init(servers: [RedisServer], sentinels: [RedisServer]) {
        (self.servers, self.sentinels) = (servers, sentinels)
    }

    private static func lines(watching primary: RedisServer, _ options: RedisServerOptions) -> [String] {
        [
            "sentinel monitor \(master) 127.0.0.1 \(primary.port) 2",
            "sentinel down-after-milliseconds \(master) \(patience)",
            "sentinel failover-timeout \(master) 5000",
        ] + (options.password.map { ["sentinel auth-pass \(master) \($0)"] } ?? [])
    }

    /// Waits until the sentinels agree that another server than this is the primary, and gives that.
    package func successor(of old: RedisServer) async throws -> RedisServer {
        var named: RedisServer?
        for sentinel in sentinels {
            try await until("the sentinels name a new primary") {
                let words = try await sentinel.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self.master)
                named = self.servers.first { words.hasSuffix("\n\($0.port)") }
                return named !== old && named != nil
            }
        }
        guard let named else { throw ServerFailure("there are no sentinels") }
        return named
    }

    /// Orders a failover, as soon as a replica is fit for it.
    package func failOver() async throws {
        try await until("the sentinels accept a failover") {
            try await self.sentinels[0].cli("SENTINEL", "FAILOVER", Self.master) == "OK"
        }
    }

    /// Until the replicas follow, and every sentinel knows them and the other sentinels.
    private func settle() async throws {
        for replica in servers[1...] { try await replica.follows() }
        for sentinel in sentinels {
            try await until("the sentinels know one another") {
                let info = try await sentinel.cli("INFO", "sentinel")
                return info.contains("status=ok") && info.contains("slaves=2,sentinels=3")
            }
        }
    }
}

extension RedisServer {
    /// Waits until it is a replica that follows its primary: no write is taken by it any more.
    package func follows() async throws {
        try await until("the replica follows") {
            try await self.cli("INFO", "replication").contains("master_link_status:up")
        }
    }
}
