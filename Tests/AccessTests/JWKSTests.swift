import BrokerCore
import GatewayConfig
import JWTKit
import Testing

@testable import Access

/// Keys of an identity provider, which is a real HTTP server here.
@Suite struct JWKSTests {
    let clock = TestClock()
    private let reply = Locked(LocalServer.Reply())
    private let first = ES256PrivateKey()
    private let second = ES256PrivateKey()

    private func publish(_ keys: [(ES256PrivateKey, String)]) {
        let body = TestKeys.set(keys.map { TestKeys.jwk($0.0.publicKey, id: $0.1) })
        reply.withLock { $0 = LocalServer.Reply(body: body) }
    }

    private func minted(_ key: ES256PrivateKey, _ id: String) async throws -> String {
        guard let key = await SigningKey(pem: key.pemRepresentation, id: id) else { throw TestKeys.Missing() }
        return try TokenOrder(lifetime: .seconds(3600)).token(signedBy: key, now: clock.now)
    }

    private func run(_ body: (AccessControl, LocalServer) async throws -> Void) async throws {
        let reply = reply
        try await LocalServer.run { _ in
            reply.withLock { $0 }
        } _: { server in
            try await body(try await access(clock: clock) { $0.auth.jwksURL = server.url }, server)
        }
    }

    @Test func `new keys are had for a token that needs them, old ones go with the set`() async throws {
        publish([(first, "1")])
        try await run { access, server in
            let (old, new) = (try await minted(first, "1"), try await minted(second, "2"))
            #expect(await access.refusal(of: old) == nil)
            publish([(second, "2")])
            clock.advance(JWKSSource.shortestInterval)
            #expect(await access.refusal(of: old) == nil, "nothing has made anyone look")
            #expect(access.identifyNow(.token(new)) == nil, "it has to be waited for")
            #expect(await access.refusal(of: new) == nil)
            #expect(await access.refusal(of: old) == .unknownSignature)
            #expect(server.requests.count == 2)
        }
    }

    @Test func `unknown keys make it ask once in ten seconds and no more`() async throws {
        publish([(first, "1")])
        try await run { access, server in
            for id in 0..<50 {
                #expect(await access.refusal(of: try await minted(second, "\(id + 2)")) == .unknownSignature)
            }
            #expect(server.requests.count == 1)
            clock.advance(JWKSSource.shortestInterval)
            let token = try await minted(second, "2")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = await access.refusal(of: token) } }
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func `keys that were had stay while it is down`() async throws {
        publish([(first, "1")])
        try await run { access, _ in
            let (old, new) = (try await minted(first, "1"), try await minted(second, "2"))
            for broken in [
                LocalServer.Reply(status: 500), LocalServer.Reply(body: "<html>"),
                LocalServer.Reply(body: #"{"keys":[]}"#),
                LocalServer.Reply(status: 302, headers: [("location", "/other")]),
                LocalServer.Reply(body: #"{"keys":["# + String(repeating: " ", count: 300 << 10) + "]}"),
            ] {
                reply.withLock { $0 = broken }
                clock.advance(JWKSSource.shortestInterval)
                #expect(await access.refusal(of: new) == .withoutKeys, "it can't be said that it is false")
                #expect(await access.refusal(of: old) == nil)
            }
            publish([(second, "2")])
            clock.advance(JWKSSource.shortestInterval)
            #expect(await access.refusal(of: new) == nil)
        }
    }

    @Test func `a provider that is away stops no start`() async throws {
        reply.withLock { $0 = LocalServer.Reply(status: 503) }
        try await run { access, _ in
            let token = try await minted(first, "1")
            #expect(await access.refusal(of: token) == .withoutKeys)
            publish([(first, "1")])
            clock.advance(JWKSSource.shortestInterval)
            #expect(await access.refusal(of: token) == nil)
        }
    }

    @Test func `a set gives no secrets, and asks for no other algorithm`() async throws {
        let secret = #"{"kty":"oct","kid":"1","alg":"HS256","k":"\#(Base64URL.encode(TestKeys.secret.utf8))"}"#
        reply.withLock {
            $0.body = TestKeys.set([secret, TestKeys.jwk(first.publicKey, id: "2")])
        }
        try await run { access, _ in
            let token = try TokenOrder(lifetime: .seconds(60)).token(
                signedBy: try await TestKeys.signing(.hs256, id: "1"), now: clock.now)
            #expect(await access.refusal(of: token) == .unknownSignature)
        }
    }

    @Test func `it is asked again from time to time`() async throws {
        publish([(first, "1")])
        try await run { access, server in
            let source = access.rules.withLock { $0.jwks }
            #expect(source?.isDue(now: clock.clock.steady()) == false)
            clock.advance(JWKSSource.longestInterval)
            #expect(source?.isDue(now: clock.clock.steady()) == true)
            await access.refreshKeys()
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: ["file:///etc/passwd", "keys.json", "http://", "http+unix://x/y", "http://a b/", "//host/x"])
    func `what is no URL is refused at the start`(url: String) async throws {
        await #expect { _ = try await access { $0.auth.jwksURL = url } } throws: {
            "\($0)".hasPrefix("auth.jwks_url: ")
        }
    }
}
