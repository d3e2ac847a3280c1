import RealServers
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private static func options(_ server: RedisServer, _ change: (inout TLSOptions) -> Void = { _ in }) -> RedisOptions
    {
        var options = RedisOptions.patient
        var tls = TLSOptions(authority: server.certificates?.authority)
        change(&tls)
        options.tls = tls
        return options
    }

    private func expect(_ error: RedisError?, _ words: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(error?.unusableWords?.contains(words) == true, "\(String(describing: error))", sourceLocation: location)
    }

    @Test func `a server that shows a trusted certificate is used, by address and by name, with users`() async throws {
        try await RedisServer.run(.init(tls: .anyClient, users: ["worker on >secret ~* &* +@all"])) { server in
            var options = Self.options(server)
            options.credentials = Credentials(user: "worker", password: "secret")
            for endpoint in [server.tlsEndpoint, .host("localhost", port: server.tlsPort)] {
                try await RedisConnection.run(endpoint, options) { connection in
                    #expect(await connection.send("ACL", "WHOAMI") == .success(.bulk("worker")))
                    let data = String(repeating: "x", count: 2 << 20)
                    #expect(await connection.send("ECHO", data) == .success(.bulk(data)))
                }
            }
        }
    }

    @Test func `a certificate that is not trusted, or is another's, is told`() async throws {
        try await RedisServer.run(.init(tls: .anyClient)) { server in
            let stranger = server.certificates?.stranger
            expect(await failure(server.tlsEndpoint, Self.options(server) { $0.authority = stranger }), "not trusted")
            expect(await failure(server.tlsEndpoint, Self.options(server) { $0.authority = nil }), "not trusted")
        }
        try await RedisServer.run(.init(tls: .anyClient, certificateNames: "DNS:redis.internal")) { server in
            expect(await failure(server.tlsEndpoint, Self.options(server)), "another name")
            expect(
                await failure(server.tlsEndpoint, Self.options(server) { $0.serverName = "localhost" }), "another name")
            let named = await failure(server.tlsEndpoint, Self.options(server) { $0.serverName = "redis.internal" })
            #expect(named == nil)
        }
    }

    @Test func `a client certificate is shown where one is wanted, and a missing or foreign one is told`() async throws
    {
        try await RedisServer.run(.init(tls: .certifiedClients)) { server in
            let certificates = try #require(server.certificates)
            let shown = Self.options(server) {
                $0.certificate = certificates.client
                $0.key = certificates.clientKey
            }
            try await RedisConnection.run(server.tlsEndpoint, shown) { connection in
                #expect(await connection.send("PING") == .success(.status("PONG")))
            }
            expect(await failure(server.tlsEndpoint, Self.options(server)), "give cert= and key=")
            let foreign = Self.options(server) {
                $0.certificate = certificates.stranger
                $0.key = "\(server.folder)/stranger.key"
            }
            expect(await failure(server.tlsEndpoint, foreign), "client certificate")
        }
    }

    @Test func `TLS spoken to a plain port, and the reverse, are told`() async throws {
        try await RedisServer.run(.init(tls: .anyClient)) { server in
            var quick = Self.options(server)
            quick.connectTimeout = .seconds(1)
            // Whether it hangs up or waits for more depends on the random bytes of the handshake.
            for _ in 0..<4 {
                let error = await failure(server.endpoint, quick)
                let words = error?.unusableWords ?? error?.unreachableWords
                #expect(words?.contains("speak TLS") == true, "\(String(describing: error))")
            }
            let reverse = await failure(server.tlsEndpoint)?.unreachableWords
            #expect(reverse?.contains("if it speaks TLS, the URL begins with rediss") == true, "\(reverse ?? "")")
        }
    }

    @Test func `a server that answers plain words with an alert of TLS is told`() async throws {
        let server = try await FakeServer.start([["\u{15}\u{3}\u{1}\0\u{2}\u{2}F"]])
        expect(await failure(server.endpoint), "speaks TLS: the URL must begin with rediss")
        try await server.stop()
    }

    @Test func `files that can't be read are told by name`() async throws {
        try await RedisServer.run(.init(tls: .anyClient)) { server in
            let certificates = try #require(server.certificates)
            expect(
                await failure(server.tlsEndpoint, Self.options(server) { $0.authority = "/nowhere.pem" }),
                "/nowhere.pem")
            expect(
                await failure(server.tlsEndpoint, Self.options(server) { $0.authority = certificates.clientKey }), "ca="
            )
            expect(await failure(server.tlsEndpoint, Self.options(server) { $0.certificate = "/nowhere.pem" }), "cert=")
            expect(await failure(server.tlsEndpoint, Self.options(server) { $0.key = certificates.client }), "key=")
        }
    }
}
