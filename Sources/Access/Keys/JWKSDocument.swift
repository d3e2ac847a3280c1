import JSONText
import JWTKit

/// A JWK set (RFC 7517 §5). Keys of kinds and for uses that are not ours are passed over, as §5 asks.
enum JWKSDocument {
    static func read(_ bytes: [UInt8]) -> FoundKeys {
        bytes.withUnsafeBytes { bytes in
            var found = FoundKeys()
            do {
                let object = try JSONObject(bytes)
                guard let list = object["keys"] else { return FoundKeys(problems: ["it has no `keys`"]) }
                for (index, element) in try list.elements(atMost: FoundKeys.mostKeys).enumerated() {
                    do {
                        let key = try JSONObject(element.value)
                        if let material = try material(key) { found.keys.append((try key.string("kid"), material)) }
                    } catch {
                        found.problems.append("key \(index + 1) is not valid")
                    }
                }
            } catch {
                found.problems.append("it is no JWK set: \(error)")
            }
            return found
        }
    }

    /// `nil`: it is not for us.
    private static func material(_ key: JSONObject) throws -> KeyMaterial? {
        guard try key.string("use") ?? "sig" == "sig", try isForVerifying(key) else { return nil }
        let kind = try key.string("kty")
        switch (kind, try key.string("crv"), try key.string("alg")) {
        case ("RSA", _, nil), ("RSA", _, "RS256"):
            return .rsa(
                try Insecure.RSA.PublicKey(modulus: try text("n", key), exponent: try text("e", key)))
        case ("EC", "P-256", nil), ("EC", "P-256", "ES256"):
            return .es256Public(try ES256PublicKey(parameters: (try text("x", key), try text("y", key))))
        case ("OKP", "Ed25519", nil), ("OKP", "Ed25519", "EdDSA"), ("OKP", "Ed25519", "Ed25519"):
            return .edDSA(try EdDSA.PublicKey(x: try text("x", key), curve: .ed25519))
        default:
            return nil
        }
    }

    private static func isForVerifying(_ key: JSONObject) throws -> Bool {
        guard let operations = key["key_ops"] else { return true }
        return try operations.elements(atMost: FoundKeys.mostKeys).contains { try $0.string() == "verify" }
    }

    private static func text(_ name: String, _ key: JSONObject) throws -> String {
        guard let text = try key.string(name) else {
            throw JSONMemberError(key: name, found: "missing", allowed: "base64url")
        }
        return text
    }
}
