import Testing

@testable import RedisBroker

@Suite struct ServerIdentityTests {
    private let endpoint = Endpoint.host("redis.example", port: 6379)

    private func identity(
        version: String = "7.0.15", mode: String = "redis_mode:standalone", role: String = "master"
    ) throws -> ServerIdentity {
        try #require(
            ServerIdentity(info: "# S\r\nredis_version:\(version)\r\n\(mode)\r\n\r\nrole:\(role)\r\n"))
    }

    @Test func `A primary of Redis 7 keeps functions, one of 6.2 scripts`() throws {
        #expect(try identity().libraryMode == .functions)
        #expect(try identity(version: "6.2.14").libraryMode == .script)
        #expect(try identity(version: "10.1").libraryMode == .functions)
    }

    @Test func `A server of the right kind has no problem`() throws {
        #expect(try identity().problem(at: endpoint, as: .single) == nil)
        #expect(try identity(version: "6.2.0").problem(at: endpoint, as: .single) == nil)
        #expect(try identity(mode: "redis_mode:cluster").problem(at: endpoint, as: .cluster) == nil)
        #expect(try identity(mode: "server_mode:standalone").problem(at: endpoint, as: .single) == nil)
    }

    @Test func `A server that won't do is told by name, with what to do`() throws {
        func words(_ identity: ServerIdentity, _ kind: ServerKind) -> String {
            guard case .unusable(let words)? = identity.problem(at: endpoint, as: kind) else { return "" }
            return words
        }
        #expect(words(try identity(version: "6.0.20"), .single).contains("6.2 or later"))
        #expect(words(try identity(version: "5.0"), .single).contains("6.2 or later"))
        let clustered = try identity(mode: "redis_mode:cluster")
        #expect(words(clustered, .single).contains("write redis+cluster://redis.example:6379"))
        #expect(words(try identity(), .cluster).contains("write redis://redis.example:6379"))
        #expect(words(try identity(role: "slave"), .single).contains("replica"))
        #expect(words(try identity(mode: "redis_mode:sentinel"), .single).contains("redis+sentinel://"))
    }

    @Test func `Something else than Redis is not taken for it`() {
        #expect(ServerIdentity(info: "hello") == nil)
    }
}
