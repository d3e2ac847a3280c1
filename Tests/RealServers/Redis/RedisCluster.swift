/// A cluster of three primaries with a replica each.
package final class RedisCluster: Sendable {
    /// How long a node may be silent until the others replace it, in milliseconds.
    package static let patience = 1_000

    /// The first three are the primaries at the start.
    package let servers: [RedisServer]

    /// Those at the start.
    package var primaries: [RedisServer] { Array(servers[..<3]) }

    /// Starts six servers, makes them a cluster, runs `body` and stops them.
    package static func run<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: (RedisCluster) async throws -> Result
    ) async throws -> Result {
        var started: [RedisServer] = []
        do {
            for _ in 0..<6 { started.append(try await node()) }
            let cluster = RedisCluster(servers: started)
            try await cluster.create()
            let result = try await body(cluster)
            for server in started { await server.stop() }
            return result
        } catch {
            for server in started { await server.stop() }
            throw error
        }
    }

    /// A node of no cluster yet.
    package static func node() async throws -> RedisServer {
        var options = RedisServerOptions()
        options.isClusterNode = true
        options.config = ["cluster-node-timeout \(patience)", "cluster-allow-replica-migration no"]
        return try await RedisServer.start(options)
    }

    private init(servers: [RedisServer]) { self.servers = servers }

    private func create() async throws {
        _ = try await ServerProcess.output(
            of: ["redis-cli", "--cluster", "create"] + servers.map(\.address)
                + ["--cluster-replicas", "1", "--cluster-yes"])
        for server in servers { try await agrees(server, nodes: 6) }
        for server in servers[3...] {
            try await until("a replica follows") {
                try await server.cli("INFO", "replication").contains("master_link_status:up")
            }
        }
    }

    private func agrees(_ server: RedisServer, nodes: Int) async throws {
        try await until("the nodes agree") {
            let info = try await server.cli("CLUSTER", "INFO")
            return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:\(nodes)")
        }
    }

    /// Makes another node a member, without slots.
    package func add(_ server: RedisServer) async throws {
        try await servers[0].cli("CLUSTER", "MEET", "127.0.0.1", "\(server.port)")
        for member in servers + [server] { try await agrees(member, nodes: servers.count + 1) }
    }

    /// The primary that has a slot now, as the first server that lives tells it.
    package func primary(of slot: Int, among servers: [RedisServer]? = nil) async throws -> RedisServer? {
        for server in servers ?? self.servers {
            let info = try await server.cli("CLUSTER", "NODES")
            guard let line = info.split(separator: "\n").first(where: { $0.contains("myself,master") }),
                line.split(separator: " ").dropFirst(8).contains(where: { Self.range($0)?.contains(slot) ?? false })
            else { continue }
            return server
        }
        return nil
    }

    private static func range(_ word: Substring) -> ClosedRange<Int>? {
        let ends = word.split(separator: "-").compactMap { Int($0) }
        return ends.isEmpty ? nil : ends[0]...(ends.last ?? ends[0])
    }
}
