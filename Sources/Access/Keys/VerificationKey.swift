import JWTKit

/// The algorithms that tokens may be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
enum KeyAlgorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"

    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// A key that tokens are verified with. It has one algorithm, whatever a token's header says: a public key can't be
/// taken for a secret.
struct VerificationKey: Sendable {
    /// Its `kid`.
    let id: String?
    let algorithm: KeyAlgorithm
    private let signer: any JWTAlgorithm

    /// - Parameter signer: as ``KeyMaterial`` gives it.
    init(id: String?, algorithm: KeyAlgorithm, signer: any JWTAlgorithm) {
        (self.id, self.algorithm, self.signer) = (id, algorithm, signer)
    }

    func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        // A signature that has not even the form of one is thrown at.
        (try? signer.verify(signature, signs: bytes)) ?? false
    }
}
