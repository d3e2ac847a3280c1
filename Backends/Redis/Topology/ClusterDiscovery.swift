import NIOCore

/// A cluster as its nodes describe it to someone who comes by.
struct ClusterDiscovery: Sendable {
    var view: ClusterView
    var identity: ServerIdentity

    /// Announcements go by the cluster's sharded pub/sub: Redis 7 and later, and Valkey.
    var isSharded: Bool { identity.libraryMode == .functions }

    /// Asks the seeds in order, until one answers.
    /// - Throws: ``RedisError/unusable(_:)`` when what answers is no cluster that can be used, with what to write instead;
    ///   ``RedisError/unreachable(reason:)`` when nobody answers.
    static func find(
        _ seeds: [Endpoint], _ options: RedisOptions, _ group: any EventLoopGroup
    ) async throws(RedisError) -> ClusterDiscovery {
        guard options.database == 0 else { throw .unusable("a cluster has database 0 only: leave out the database") }
        var failure = RedisError.unreachable(reason: "the URL names no node of the cluster")
        for seed in seeds {
            do {
                return try await ask(seed, options, group)
            } catch {
                if case .unusable = failure { continue }
                failure = error
            }
        }
        if case .unreachable(let reason) = failure, seeds.count > 1 {
            throw .unreachable(reason: "none of the \(seeds.count) nodes named can be reached: \(reason)")
        }
        throw failure
    }

    private static func ask(
        _ node: Endpoint, _ options: RedisOptions, _ group: any EventLoopGroup
    ) async throws(RedisError) -> ClusterDiscovery {
        let connection = try await RedisConnection.open(node, options, on: group)
        defer { connection.close() }
        let info = [Command("INFO", "server"), Command("INFO", "replication")]
        let answers = await connection.send(info + ClusterView.commands)
        var replies: [Reply] = []
        for (command, answer) in zip(info + ClusterView.commands, answers) {
            switch answer {
            case .success(let reply): replies.append(reply)
            // CLUSTER NODES may be forbidden.
            case .failure(.refused) where replies.count == 3: replies.append(.null)
            case .failure(let error): throw judged(error, command, node, options)
            }
        }
        guard let identity = ServerIdentity(info: replies[..<2].compactMap(\.text).joined(separator: "\n")),
            let view = ClusterView(slots: replies[2], nodes: replies[3], from: node)
        else { throw .unusable("\(node) does not describe its cluster as Redis 6.2 or later does") }
        // A replica can tell as well; what a primary has to be is seen when it is connected to.
        var asPrimary = identity
        asPrimary.isPrimary = true
        if let problem = asPrimary.problem(at: node, as: .cluster) { throw problem }
        guard !view.ranges.isEmpty else {
            throw .unusable(
                "the cluster of \(node) serves no slots: `redis-cli --cluster check \(node)` says what it lacks")
        }
        return ClusterDiscovery(view: view, identity: identity)
    }

    private static func judged(
        _ error: RedisError, _ command: Command, _ node: Endpoint, _ options: RedisOptions
    ) -> RedisError {
        guard case .refused(let words) = error else { return error }
        if words.contains("cluster support disabled") {
            return .unusable("\(node) is no node of a Redis cluster: write redis://\(node)")
        }
        if words.contains("unknown command") {
            return .unusable("\(node) is a sentinel: write redis+sentinel://\(node)/NAME-OF-THE-MASTER")
        }
        if let missing = Permission(error: words, command: command, prefix: options.prefix) {
            return missing.denied(to: options.credentials?.user ?? "default", at: "\(node)")
        }
        return .unreachable(reason: "\(node) answers \(words)")
    }
}
