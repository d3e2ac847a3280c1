import BrokerCore
import GatewayConfig

/// Tells genuine tokens from others. What was verified once is remembered by its hash, so that the signature of a token
/// in use is not computed again for every request.
struct TokenVerifier: Sendable {
    /// Verified tokens that are remembered.
    static let mostRemembered = 20_000

    let keys: [VerificationKey]
    private let issuer: String?
    private let audience: String?
    private let leeway: Int64
    private let remembered = Locked(BoundedCache<TokenDigest, VerifiedToken>(maximum: mostRemembered))

    init(keys: [VerificationKey], _ auth: GatewayConfig.Auth) {
        self.keys = keys
        (issuer, audience) = (auth.issuer, auth.audience)
        leeway = auth.leeway.wholeMilliseconds
    }

    enum Failure: Error {
        case refused(AccessRefusal)
        /// By none of the keys; by one that was published since, perhaps.
        case unknownKey
    }

    /// - Parameter now: milliseconds since 1970.
    func verify(_ text: String, now: Int64) -> Result<VerifiedToken, Failure> {
        let digest = TokenDigest(text)
        if let known = remembered.withLock({ $0[digest] }) {
            return now < known.expires ? .success(known) : .failure(.refused(.expired))
        }
        do throws(AccessRefusal) {
            let token = try CompactToken(text)
            guard try isSigned(token) else { return .failure(.unknownKey) }
            let verified = try judge(TokenClaims(payload: token.payload), digest, now: now)
            remembered.withLock { $0[digest] = verified }
            return .success(verified)
        } catch {
            return .failure(.refused(error))
        }
    }

    /// The algorithm is the key's, never the token's: a token only says which of them it means. `false`: by none of the
    /// keys, and one that is not known yet may be its.
    private func isSigned(_ token: CompactToken) throws(AccessRefusal) -> Bool {
        guard let algorithm = KeyAlgorithm(rawValue: token.algorithm) else {
            throw .invalid("The access token's algorithm is none of \(KeyAlgorithm.names).")
        }
        let ofAlgorithm = keys.filter { $0.algorithm == algorithm }
        let named = ofAlgorithm.filter { $0.id != nil && $0.id == token.keyID }
        let candidates = token.keyID == nil ? ofAlgorithm : named.isEmpty ? ofAlgorithm.filter { $0.id == nil } : named
        if candidates.contains(where: { $0.isSignature(token.signature, of: token.signed) }) { return true }
        guard named.isEmpty, algorithm != .hs256 else { throw .unknownSignature }
        return false
    }

    private func judge(_ claims: TokenClaims, _ digest: TokenDigest, now: Int64) throws(AccessRefusal) -> VerifiedToken
    {
        guard let expires = claims.expires else { throw .invalid("The access token has no `exp`: it must expire.") }
        if let issuer, claims.issuer.map({ $0.utf8.elementsEqual(issuer.utf8) }) != true {
            throw .invalid("The access token's `iss` is not the one that is taken here.")
        }
        if let audience, !claims.audience.contains(where: { $0.utf8.elementsEqual(audience.utf8) }) {
            throw .invalid("The access token's `aud` does not name this gateway.")
        }
        guard now < expires + leeway else { throw .expired }
        guard now + leeway >= claims.notBefore ?? 0, now + leeway >= claims.issuedAt ?? 0 else { throw .notYetValid }
        return VerifiedToken(claims, expires: expires + leeway, digest: digest)
    }
}
