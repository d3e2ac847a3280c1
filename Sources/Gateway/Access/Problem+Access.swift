import Access
import HTTPTypes

extension Problem {
    /// The challenge of RFC 6750 §3.
    private static let challenge = "Bearer realm=\"telltale\""

    init(_ refusal: AccessRefusal) {
        switch refusal {
        case .unauthorized(let code, let detail):
            self.init(.unauthorized, code, detail)
            headers[.wwwAuthenticate] = Self.challenge + (code == "token_missing" ? "" : ", error=\"invalid_token\"")
        case .forbidden(let detail):
            self.init(.forbidden, "forbidden", detail)
            headers[.wwwAuthenticate] = Self.challenge + ", error=\"insufficient_scope\""
        case .unavailable(let detail):
            self.init(.serviceUnavailable, "access_unavailable", detail)
            retryLater()
        }
    }

    /// The token has expired while what it allowed was going on.
    static let tokenExpired = Problem(
        .unauthorized(code: "token_expired", detail: "The access token has expired: come back with another."))
    /// The channel of a capability link is closed.
    static let linkRevoked = Problem(
        .unauthorized(code: "link_revoked", detail: "What this link led to has ended, and the link with it."))
    static let tokenMissing = Problem(
        .unauthorized(code: "token_missing", detail: "This needs an access token, and none came with it."))
}
