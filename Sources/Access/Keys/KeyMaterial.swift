import JWTKit

/// A key of some kind as JWTKit knows it.
enum KeyMaterial: Sendable {
    case secret(HMACKey)
    case rsa(any RSAKey & Sendable)
    case es256Public(ES256PublicKey)
    case es256Private(ES256PrivateKey)
    case edDSA(any EdDSAKey & Sendable)

    var algorithm: KeyAlgorithm {
        switch self {
        case .secret: .hs256
        case .rsa: .rs256
        case .es256Public, .es256Private: .es256
        case .edDSA: .edDSA
        }
    }

    /// What signs and verifies with it. JWTKit hands its algorithms out through a collection only, which is an actor;
    /// what it hands out needs no waiting.
    func signer() async -> (any JWTAlgorithm)? {
        let keys = JWTKeyCollection()
        switch self {
        case .secret(let key): await keys.add(hmac: key, digestAlgorithm: .sha256)
        case .rsa(let key): await keys.add(rsa: key, digestAlgorithm: .sha256)
        case .es256Public(let key): await keys.add(ecdsa: key)
        case .es256Private(let key): await keys.add(ecdsa: key)
        case .edDSA(let key): await keys.add(eddsa: key)
        }
        return try? await keys.getKey()
    }

    /// The key for verifying, with its `kid`.
    func verificationKey(id: String?) async -> VerificationKey? {
        await signer().map { VerificationKey(id: id, algorithm: algorithm, signer: $0) }
    }
}
