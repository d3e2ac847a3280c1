import BrokerCore
import GatewayConfig
import JWTKit
import Testing

@testable import Access

@Suite struct KeyFileTests {
    let clock = TestClock()

    private func minted(_ key: SigningKey) throws -> String {
        var order = TokenOrder(lifetime: .seconds(60))
        order.rights = [.subscribe: ["a"]]
        return try order.token(signedBy: key, now: clock.now)
    }

    private func problem(_ text: String) async throws -> String {
        try await withFile(text) { file in
            do {
                _ = try await access { $0.auth.keysFile = file }
                return "none"
            } catch let error as AccessSetupError {
                return error.description
            }
        }
    }

    @Test(arguments: KeyAlgorithm.allCases.filter { $0 != .hs256 }, [true, false])
    func `a JWK set and PEM are both keys`(algorithm: KeyAlgorithm, isJWKS: Bool) async throws {
        let text = isJWKS ? "\n " + TestKeys.set(try TestKeys.jwks()) : try TestKeys.publicPEMs()
        try await withFile(text) { file in
            let access = try await access(clock: clock) { $0.auth.keysFile = file }
            #expect(await access.refusal(of: try minted(try await TestKeys.signing(algorithm))) == nil)
            let named = try await TestKeys.signing(algorithm, id: algorithm.rawValue)
            #expect(await access.refusal(of: try minted(named)) == nil)
            let other = try await TestKeys.signing(algorithm, id: "other")
            let refusal = await access.refusal(of: try minted(other))
            #expect(isJWKS ? refusal == .unknownSignature : refusal == nil, "keys of PEM have no id to be told by")
        }
    }

    @Test func `keys of other kinds and uses are passed over`() async throws {
        let others = [
            #"{"kty":"oct","kid":"a","k":"AAAA"}"#, #"{"kty":"EC","crv":"P-521","x":"","y":""}"#, #"{"kty":"new"}"#,
            #"{"kty":"RSA","use":"enc","n":"x","e":"AQAB"}"#, #"{"kty":"RSA","alg":"RS512","n":"x","e":"AQAB"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"x"}"#, #"{"kty":"EC","crv":"P-256","key_ops":["deriveKey"]}"#,
        ]
        try await withFile(TestKeys.set(others + [TestKeys.jwk(TestKeys.es256.publicKey, id: "ES256")])) { file in
            let access = try await access(clock: clock) { $0.auth.keysFile = file }
            #expect(await access.refusal(of: try minted(try await TestKeys.signing(.es256))) == nil)
        }
        #expect(try await problem(TestKeys.set(others)).contains("holds no key for"))
    }

    @Test func `what is wrong with a file is said with its key`() async throws {
        let weak = try await problem(TestKeys.weakRSAPublicPEM)
        #expect(weak.hasPrefix("auth.keys_file: ") && weak.contains("block 1"))
        #expect(try await problem(TestKeys.edDSAPEM).contains("private key"))
        #expect(try await problem("").contains("no key"))
        #expect(try await problem("{").contains("no JWK set"))
        #expect(try await problem(#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#).contains("key 1"))
        #expect(try await problem(String(repeating: "x", count: 2 << 20)).contains("larger"))
        await #expect(throws: AccessSetupError.self) { _ = try await access { $0.auth.keysFile = "/nowhere/at/all" } }
    }

    @Test func `a changed file is read again, a broken one is not taken`() async throws {
        try await withFile(TestKeys.rsaPublicPEM) { file in
            let access = try await access(clock: clock) { $0.auth.keysFile = file }
            let rsa = try minted(try await TestKeys.signing(.rs256))
            let elliptic = try minted(try await TestKeys.signing(.es256))
            #expect(await access.refusal(of: rsa) == nil)
            try replaceFile(file, with: "broken")
            await access.readChangedFiles()
            #expect(await access.refusal(of: rsa) == nil)
            try replaceFile(file, with: TestKeys.es256.publicKey.pemRepresentation)
            await access.readChangedFiles()
            #expect(await access.refusal(of: elliptic) == nil)
            #expect(await access.refusal(of: rsa) == .unknownSignature, "nor is what was remembered taken")
        }
    }

    @Test func `API keys rotate by their file`() async throws {
        try await withFile("# producers\nfirst-key-1234567890\r\n\nsecond-key-1234567890\n") { file in
            let access = try await access { $0.auth.apiKeysFile = file }
            #expect(try await access.identify(.token("second-key-1234567890")).publisher == "key:2")
            try replaceFile(file, with: "second-key-1234567890\nthird-key-1234567890")
            await access.readChangedFiles()
            #expect(await access.refusal(of: "first-key-1234567890") != nil)
            #expect(await access.refusal(of: "third-key-1234567890") == nil)
            try replaceFile(file, with: "short")
            await access.readChangedFiles()
            #expect(await access.refusal(of: "third-key-1234567890") == nil)
        }
        try await withFile("a-key-that-is-secret-1\nwith blank in it-12345") { file in
            _ = await #expect {
                _ = try await access { $0.auth.apiKeysFile = file }
            } throws: {
                "\($0)".hasPrefix("auth.api_keys_file: line 2") && !"\($0)".contains("blank")
            }
        }
    }

    @Test func `a reload takes the new configuration whole, or keeps the old`() async throws {
        let access = try await access(clock: clock) { $0.auth.secret = TestKeys.secret }
        let token = try minted(try await TestKeys.signing(.hs256))
        var broken = GatewayConfig()
        (broken.auth.apiKeys, broken.auth.keysFile) = (["new-key-1234567890"], "/nowhere")
        await #expect(throws: AccessSetupError.self) { try await access.prepare(broken) }
        #expect(await access.refusal(of: token) == nil)
        broken.auth.keysFile = nil
        let commit = try await access.prepare(broken)
        #expect(await access.refusal(of: token) == nil)
        commit()
        #expect(await access.refusal(of: token) == .unknownSignature)
        #expect(await access.refusal(of: "new-key-1234567890") == nil)
    }
}
