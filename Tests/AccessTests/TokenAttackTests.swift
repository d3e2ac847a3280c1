import BrokerCore
import GatewayConfig
import JWTKit
import Testing

@testable import Access

/// Tokens as attackers make them. Each would be taken if the rule that it tries were not there.
@Suite struct TokenAttackTests {
    let clock = TestClock()

    private var payload: String { #"{"exp":\#(clock.seconds + 60),"subscribe":["*"],"publish":["*"]}"# }

    /// Knows the secret and the public keys.
    private func withKeys<Result>(_ body: (AccessControl) async throws -> Result) async throws -> Result {
        try await withFile(try TestKeys.publicPEMs()) { file in
            try await body(
                try await access(clock: clock) {
                    ($0.auth.secret, $0.auth.keysFile) = (TestKeys.secret, file)
                })
        }
    }

    private func expectInvalid(_ token: String, _ what: Comment? = nil) async throws {
        try await withKeys { access in
            let refusal = await access.refusal(of: token)
            #expect(refusal?.code == "token_invalid", what)
            #expect(refusal.map { !$0.detail.contains(token.prefix(12)) } == true, "no part of it is shown")
        }
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", "", "HS384", "PS256", "hs256", "HS256 "])
    func `a token without a signature of ours is none`(algorithm: String) async throws {
        let head = Base64URL.encode(#"{"alg":"\#(algorithm)","typ":"JWT"}"#.utf8)
        let body = Base64URL.encode(payload.utf8)
        try await expectInvalid("\(head).\(body).")
        try await expectInvalid("\(head).\(body).AAAA")
        let key = try await TestKeys.signing(.hs256)
        try await expectInvalid(try token(header: #"{"alg":"\#(algorithm)"}"#, payload: payload, key))
    }

    @Test func `a public key is no secret`() async throws {
        for pem in [TestKeys.rsaPublicPEM, TestKeys.rsaPublicPEM + "\n", TestKeys.es256.publicKey.pemRepresentation] {
            guard let key = await SigningKey(secret: pem) else { continue }
            try await expectInvalid(try token(header: #"{"alg":"HS256"}"#, payload: payload, key))
        }
    }

    @Test(arguments: KeyAlgorithm.allCases, KeyAlgorithm.allCases)
    func `the header can't choose another algorithm for a key`(claimed: KeyAlgorithm, used: KeyAlgorithm)
        async throws
    {
        guard claimed != used else { return }
        let key = try await TestKeys.signing(used)
        try await expectInvalid(try token(header: #"{"alg":"\#(claimed.rawValue)"}"#, payload: payload, key))
    }

    @Test func `a key of someone else is not taken`() async throws {
        guard let key = await SigningKey(secret: "another-secret-of-thirty-two-bytes!") else { return }
        try await expectInvalid(try token(header: key.header, payload: payload, key))
    }

    @Test(arguments: KeyAlgorithm.allCases) func `a token can't be changed`(algorithm: KeyAlgorithm) async throws {
        let key = try await TestKeys.signing(algorithm)
        let parts = try token(header: key.header, payload: payload, key).split(separator: ".").map(String.init)
        let forged = Base64URL.encode(payload.replacing("60", with: "61").utf8)
        try await expectInvalid("\(parts[0]).\(forged)x.\(parts[2])")
        try await expectInvalid("\(parts[0]).\(Base64URL.encode(#"{"exp":4000000000}"#.utf8)).\(parts[2])")
        try await expectInvalid("\(parts[0]).\(parts[1]).\(parts[2].dropLast(2))AA")
        try await expectInvalid("\(parts[0]).\(parts[1]).")
        try await expectInvalid("\(parts[0]).\(parts[1])")
        try await expectInvalid("\(parts[0]).\(parts[1]).\(parts[2]).\(parts[2])")
        try await expectInvalid("\(parts[0]).\(parts[1]).\(parts[2])=", "padding")
        try await expectInvalid(" \(parts[0]).\(parts[1]).\(parts[2])")
        try await expectInvalid("\(parts[0]).\(parts[1]).\(parts[2])\u{0}")
    }

    @Test(arguments: [
        #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","alg":"HS256"}"#,
        #"{"alg":["HS256"]}"#, #"{"typ":"JWT"}"#, #"{"alg":"HS256","kid":7}"#, "[]", "",
    ])
    func `a header of another form is refused`(header: String) async throws {
        try await expectInvalid(try token(header: header, payload: payload, try await TestKeys.signing(.hs256)))
    }

    @Test func `members that stand twice are refused, whichever would count`() async throws {
        let later = clock.seconds + 60
        for payload in [
            #"{"exp":1,"exp":\#(later)}"#, #"{"exp":\#(later),"sub":"a","sub":"b"}"#,
            #"{"exp":\#(later),"publish":[],"publ\u0069sh":["*"]}"#,
        ] {
            try await expectInvalid(try await token(payload))
        }
    }

    @Test func `a huge token is not even looked at`() async throws {
        let padding = String(repeating: "x", count: 9000)
        try await expectInvalid(try await token(#"{"exp":\#(clock.seconds + 60),"pad":"\#(padding)"}"#))
        try await expectInvalid(String(repeating: "a.", count: 1 << 20))
    }

    @Test func `a key in the token is not believed`() async throws {
        let own = TestKeys.jwk(TestKeys.es256.publicKey, id: "x")
        guard let key = await SigningKey(secret: "another-secret-of-thirty-two-bytes!") else { return }
        try await expectInvalid(try token(header: #"{"alg":"HS256","jwk":\#(own)}"#, payload: payload, key))
        try await expectInvalid(
            try token(header: #"{"alg":"HS256","jku":"http://127.0.0.1:1/"}"#, payload: payload, key))
        try await expectInvalid(try token(header: #"{"alg":"HS256","kid":"../../dev/null"}"#, payload: payload, key))
    }

    @Test(arguments: ["*", "a:b", "a/b", "a*", "", "..%2F", "ä", "a b", "{sub}", "a\u{301}", "x:*", "\u{0}"])
    func `a subject can't reach into another's channels`(subject: String) async throws {
        try await withKeys { access in
            let subject = JSONLiteral.literal(subject)
            let token = try await token(
                #"{"exp":\#(clock.seconds + 60),"sub":\#(subject),"subscribe":["user:{sub}:*","user:{sub}"]}"#)
            for channel in ["user:a:b", "user:b:c", "user:a:b:c", "user:a/b:c", "user:a/b", "user::x", "user:x:y:z"] {
                #expect(try await access.refusal(.subscribe, channel, token: token) != nil, "\(channel)")
            }
        }
    }
}

/// Text as a JSON string.
enum JSONLiteral {
    static func literal(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { "\\u" + String(repeating: "0", count: 4 - hex($0).count) + hex($0) }.joined()
            + "\""
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16) }
}
