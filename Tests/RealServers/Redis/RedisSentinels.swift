/// A primary, two replicas of it, and three sentinels that watch them and replace a primary which is silent for
/// ``patience``.
package final class RedisSentinels: Sendable {
    /// The name under which they watch the primary.
    package static let master = "mymaster"
    /// How long the primary may be silent until it is replaced, in milliseconds. Less than the second between two PINGs of
    /// a sentinel would be too little: it takes a primary whose name it has just learned for down before it has asked.
    package static let patience = 2_000

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
            try await set.findTogether()
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

    /// Orders a failover, once none is under way: two of them at once would have sentinels, each with its own primary in
    /// mind, turn one server around again and again.
    package func failOver() async throws {
        try await settle()
        try await until("the sentinels accept a failover") {
            try await self.sentinels[0].cli("SENTINEL", "FAILOVER", Self.master) == "OK"
        }
    }

    /// Waits until no failover is under way: all sentinels name one primary, and every other server that runs follows it.
    package func settle() async throws {
        try await until("the sentinels have settled on a primary") {
            guard let primary = try await self.undisputedPrimary() else { return false }
            for server in self.servers where server !== primary && server.isRunning {
                guard await server.follows(primary) else { return false }
            }
            return true
        }
    }

    /// The one that every sentinel takes for the primary, and for neither down nor about to be replaced.
    private func undisputedPrimary() async throws -> RedisServer? {
        var named: Set<Int> = []
        for sentinel in sentinels {
            let words = try await sentinel.cli("SENTINEL", "MASTER", Self.master).split(separator: "\n")
            func value(of name: Substring) -> Substring? { words.firstIndex(of: name).map { words[$0 + 1] } }
            guard value(of: "flags") == "master", let port = value(of: "port").flatMap({ Int($0) }) else { return nil }
            named.insert(port)
        }
        return named.count == 1 ? servers.first { named.contains($0.port) } : nil
    }

    /// Until every sentinel knows the replicas and the other sentinels.
    private func findTogether() async throws {
        for sentinel in sentinels {
            try await until("the sentinels know one another") {
                let info = try await sentinel.cli("INFO", "sentinel")
                return info.contains("status=ok") && info.contains("slaves=2,sentinels=3")
            }
        }
    }
}

extension RedisServer {
    /// Whether it is a replica in step with this primary: it takes no writes of its own.
    fileprivate func follows(_ primary: RedisServer) async -> Bool {
        // A sentinel that turns it into a replica ends its connections.
        guard let info = try? await cli("INFO", "replication") else { return false }
        return info.contains("master_link_status:up") && info.contains("master_port:\(primary.port)\r\n")
    }
}
