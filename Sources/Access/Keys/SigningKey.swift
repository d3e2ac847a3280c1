import JSONText
import JWTKit

/// A key that new tokens are signed with. Show it to nobody.
package struct SigningKey: Sendable {
    /// The shortest secret, in bytes (RFC 7518 §3.2).
    package static let shortestSecret = 32

    private let algorithm: KeyAlgorithm
    private let id: String?
    private let signer: any JWTAlgorithm

    /// A private key as PEM: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA). `nil`: it is none of them.
    package init?(pem: String, id: String?) async {
        guard let material = Self.material(pem) else { return nil }
        await self.init(material, id: id)
    }

    /// A secret (HS256). `nil`: it is too short.
    package init?(secret: String, id: String? = nil) async {
        guard secret.utf8.count >= Self.shortestSecret else { return nil }
        await self.init(.secret(HMACKey(from: secret)), id: id)
    }

    private init?(_ material: KeyMaterial, id: String?) async {
        guard let signer = await material.signer() else { return nil }
        (algorithm, self.id, self.signer) = (material.algorithm, id, signer)
    }

    /// The header of a token that it signs.
    var header: String {
        let id = id.map { ",\"kid\":\(JSONWriter.string($0))" } ?? ""
        return "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"JWT\"\(id)}"
    }

    func sign(_ bytes: [UInt8]) throws -> [UInt8] { try signer.sign(bytes) }

    private static func material(_ pem: String) -> KeyMaterial? {
        if let key = try? Insecure.RSA.PrivateKey(pem: pem) { return .rsa(key) }
        if let key = try? ES256PrivateKey(pem: pem) { return .es256Private(key) }
        if let key = try? EdDSA.PrivateKey(pem: pem) { return .edDSA(key) }
        return nil
    }
}
