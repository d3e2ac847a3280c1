import BrokerCore
import GatewayConfig
import JWTKit
import Testing

@testable import Access

@Suite struct TokenTests {
    let clock = TestClock()

    private func withSecret() async throws -> AccessControl {
        try await access(clock: clock) { $0.auth.secret = TestKeys.secret }
    }

    /// Payload members, with an `exp` in a minute.
    private func minted(_ members: String) async throws -> String {
        try await token(#"{"exp":\#(clock.seconds + 60),\#(members)}"#)
    }

    @Test func `a token does what its claims say and nothing else`() async throws {
        let access = try await withSecret()
        let token = try await minted(#""sub":"alice","subscribe":["build:*","user:{sub}:*"],"publish":["build:1"]"#)
        #expect(try await access.refusal(.subscribe, "build:7", token: token) == nil)
        #expect(try await access.refusal(.subscribe, "user:alice:x", token: token) == nil)
        #expect(try await access.refusal(.subscribe, "user:bob:x", token: token)?.code == "forbidden")
        #expect(try await access.refusal(.publish, "build:1", token: token) == nil)
        #expect(try await access.refusal(.publish, "build:2", token: token)?.code == "forbidden")
        #expect(try await access.refusal(.cancel, "build:1", token: token)?.code == "forbidden")
    }

    @Test func `its identity tells the name, whom it counts to, and when it ends`() async throws {
        let access = try await withSecret()
        let named = try await access.identify(.token(try await minted(#""sub":"alice""#)))
        #expect(named.name == "alice" && named.publisher == "sub:alice" && !named.untilClosed)
        #expect(named.expires == clock.now + 60_000 + 30_000, "the leeway is in it")
        let nameless = try await access.identify(.token(try await minted(#""subscribe":["a"]"#)))
        #expect(nameless.name == nil && nameless.publisher.wholeMatch(of: /token:[0-9a-f]{8}/) != nil)
        let odd = try await access.identify(.token(try await minted(#""sub":"a\nb""#)))
        #expect(odd.publisher.wholeMatch(of: /sub-hash:[0-9a-f]{8}/) != nil, "no line break gets into a log")
        let nobody = try await access.identify(.nobody)
        #expect(nobody.publisher == "address:192.0.2.1" && nobody.isAnonymous && nobody.expires == nil)
    }

    @Test func `it expires, leeway included, also when it is remembered`() async throws {
        let access = try await withSecret()
        let token = try await minted(#""subscribe":["a"]"#)
        clock.advance(60_000 + 29_999)
        #expect(await access.refusal(of: token) == nil)
        clock.advance(1)
        #expect(await access.refusal(of: token)?.code == "token_expired")
        let fresh = try await withSecret()
        #expect(await fresh.refusal(of: token)?.code == "token_expired")
    }

    @Test(arguments: ["nbf", "iat"]) func `it does not hold before its time`(claim: String) async throws {
        let access = try await withSecret()
        let token = try await minted(#""\#(claim)":\#(clock.seconds + 40)"#)
        #expect(await access.refusal(of: token)?.code == "token_not_yet_valid")
        clock.advance(10_000)
        #expect(await access.refusal(of: token) == nil)
    }

    @Test func `times may have fractions`() async throws {
        let access = try await withSecret()
        #expect(await access.refusal(of: try await token(#"{"exp":\#(clock.seconds).75}"#)) == nil)
    }

    @Test(arguments: [
        #"{"sub":"a"}"#, #"{"exp":null}"#, #"{"exp":"4000000000"}"#, #"{"exp":-1}"#, #"{"exp":1e300}"#,
        #"{"exp":4000000000,"sub":7}"#, #"{"exp":4000000000,"subscribe":"a"}"#, #"{"exp":4000000000,"publish":[7]}"#,
        #"{"exp":4000000000,"nbf":"x"}"#, #"{"exp":4000000000,"aud":{}}"#, "[]", "7", "{", "", #"{"exp":4000000000}x"#,
    ])
    func `claims of the wrong form are refused`(payload: String) async throws {
        #expect(try await withSecret().refusal(of: try await token(payload))?.code == "token_invalid")
    }

    @Test func `issuer and audience are those of the configuration`() async throws {
        let access = try await access(clock: clock) {
            ($0.auth.secret, $0.auth.issuer, $0.auth.audience) = (TestKeys.secret, "https://id.example", "telltale")
        }
        #expect(await access.refusal(of: try await minted(#""iss":"https://id.example","aud":"telltale""#)) == nil)
        #expect(
            await access.refusal(of: try await minted(#""iss":"https://id.example","aud":["x","telltale"]"#)) == nil)
        for wrong in [
            #""aud":"telltale""#, #""iss":"https://id.example/","aud":"telltale""#, #""iss":"https://id.example""#,
            #""iss":"https://id.example","aud":[]"#, #""iss":"https://id.example","aud":"telltale2""#,
        ] {
            #expect(await access.refusal(of: try await minted(wrong))?.code == "token_invalid", "\(wrong)")
        }
    }

    @Test func `a token needs no waiting where all keys are here`() async throws {
        let answer = try await withSecret().identifyNow(.token(try await minted(#""sub":"alice""#)))
        #expect(try answer?.get().name == "alice")
    }

    @Test(arguments: KeyAlgorithm.allCases) func `each algorithm is verified with its key`(algorithm: KeyAlgorithm)
        async throws
    {
        try await withFile(try TestKeys.publicPEMs()) { file in
            let access = try await access(clock: clock) {
                ($0.auth.secret, $0.auth.keysFile) = (TestKeys.secret, file)
            }
            var order = TokenOrder(lifetime: .seconds(60))
            order.rights = [.subscribe: ["a"]]
            let token = try order.token(signedBy: try await TestKeys.signing(algorithm), now: clock.now)
            #expect(try await access.refusal(.subscribe, "a", token: token) == nil)
        }
    }
}
