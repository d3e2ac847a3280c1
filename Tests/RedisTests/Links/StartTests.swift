import RealServers
import Testing

@testable import RedisBroker

/// What stops the start, with one line that says which it is and what to do.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StartTests {
    /// All that a user needs, as the documentation says it.
    private static let everything = [
        "~telltale:*", "&telltale:*", "+@hash", "+fcall", "+function|load", "+publish", "+subscribe", "+unsubscribe",
        "+info", "+ping", "+select", "+client|setname", "+time", "+pexpire", "+unlink", "+exists", "+scan",
        "+zadd", "+zcount", "+zmscore", "+zrange", "+zrem",
    ]

    private func words(
        _ server: RedisServer, _ options: RedisOptions = Links.options, _ kind: ServerKind = .single
    ) async -> String {
        let links = Links(server.endpoint, options, kind: kind)
        do {
            try await links.run {}
            return ""
        } catch {
            guard let error = error as? RedisError, case .unusable(let words) = error else { return "\(error)" }
            return words
        }
    }

    private func words(_ server: RedisServer, rights: [String]) async throws -> String {
        try await server.cli(words: ["ACL", "SETUSER", "worker", "reset", "on", ">secret"] + rights)
        var options = Links.options
        options.credentials = Credentials(user: "worker", password: "secret")
        return await words(server, options)
    }

    @Test func `The documented rights are enough`() async throws {
        try await RedisServer.run { server in
            let words = try await words(server, rights: Self.everything)
            #expect(words == "")
        }
    }

    @Test(arguments: [
        "+fcall", "+function|load", "+publish", "+subscribe", "+info", "+@hash", "+unlink", "+ping",
        "+unsubscribe", "+scan", "+pexpire", "+zadd", "+zcount", "+zmscore", "+zrange", "+zrem", "~telltale:*",
        "&telltale:*",
    ])
    func `A missing right is told by name, with the words that grant it`(right: String) async throws {
        try await RedisServer.run { server in
            let words = try await words(server, rights: Self.everything.filter { $0 != right })
            let grant = right == "+@hash" ? "ACL SETUSER worker +h" : "ACL SETUSER worker \(right)"
            #expect(words.contains("user worker may not") && words.contains(grant), "\(words)")
        }
    }

    @Test func `A cluster's node for a single server's URL, and the reverse`() async throws {
        var clustered = RedisServerOptions()
        clustered.isClusterNode = true
        try await RedisServer.run(clustered) { #expect(await words($0).contains("write redis+cluster://")) }
        try await RedisServer.run { #expect(await words($0, Links.options, .cluster).contains("write redis://")) }
    }

    @Test func `A replica`() async throws {
        try await RedisServer.run { server in
            try await server.cli("REPLICAOF", "127.0.0.1", "1")
            #expect(await words(server).contains("is a replica"))
        }
    }

    @Test func `A sentinel`() async throws {
        var options = RedisServerOptions()
        options.kind = .sentinel
        try await RedisServer.run(options) { #expect(await words($0).contains("write redis+sentinel://")) }
    }
}

extension RedisServer {
    fileprivate func cli(words: [String]) async throws {
        _ = try await ServerProcess.output(of: ["redis-cli", "-s", socketPath] + words)
    }
}
