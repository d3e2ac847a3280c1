/// Why someone may not. `detail` is a whole sentence for who asked; it never holds a token or a part of one.
package enum AccessRefusal: Error, Hashable, Sendable {
    /// Who it is is not known: `token_missing`, `token_invalid`, `token_expired` or `token_not_yet_valid`.
    case unauthorized(code: String, detail: String)
    /// Who it is is known, and may not.
    case forbidden(detail: String)
    /// It can't be said at the moment, and so nobody may.
    case unavailable(detail: String)

    static let missing = unauthorized(code: "token_missing", detail: "This needs an access token.")
    static let expired = unauthorized(code: "token_expired", detail: "The access token has expired.")
    static let notYetValid = unauthorized(
        code: "token_not_yet_valid", detail: "The access token is not valid yet: `nbf` or `iat` lies in the future.")
    static let unknownSignature = invalid("The access token is not signed by a key of this gateway.")

    static let tooLong = invalid("The access token is longer than \(CompactToken.maximumBytes) bytes.")
    static let withoutKeys = unavailable(
        detail: "The keys that access tokens are signed with can't be had at the moment.")
    static let withoutApplication = unavailable(
        detail: "The application that decides this can't be asked at the moment.")

    static func invalid(_ detail: String) -> AccessRefusal { unauthorized(code: "token_invalid", detail: detail) }
}

extension AccessRefusal {
    /// The policy lets nobody.
    static func closed(_ action: AccessAction) -> AccessRefusal {
        .forbidden(detail: "Nobody may \(action.rawValue) here.")
    }

    /// Neither token nor key allows it.
    static func lacking(_ action: AccessAction, _ identity: Identity) -> AccessRefusal {
        identity.isAnonymous
            ? .missing : .forbidden(detail: "The access token does not allow to \(action.rawValue) here.")
    }
}
