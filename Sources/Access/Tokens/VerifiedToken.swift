import Crypto

/// A token that is genuine and holds now.
struct VerifiedToken: Hashable, Sendable {
    let subject: String?
    /// Whom limits count it to; see ``Identity/publisher``.
    let publisher: String
    /// Milliseconds since 1970, leeway included.
    let expires: Int64
    let grants: Grants
    let isLink: Bool

    /// The longest subject that stands in ``publisher`` as it is, in bytes.
    private static let longestSubject = 255

    init(_ claims: TokenClaims, expires: Int64, digest: TokenDigest) {
        (subject, grants, isLink) = (claims.subject, claims.grants, claims.isLink)
        self.expires = expires
        publisher =
            claims.subject.map { Self.isVisible($0) ? "sub:\($0)" : "sub-hash:\(TokenDigest($0).short)" }
            ?? "token:\(digest.short)"
    }

    /// What goes to logs and tables as it is; a line break would begin a line of its own there.
    private static func isVisible(_ subject: String) -> Bool {
        (1...longestSubject).contains(subject.utf8.count) && subject.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// The SHA-256 of a secret: what is kept and compared in its place.
struct TokenDigest: Hashable, Sendable {
    private let bytes: SHA256.Digest

    init(_ text: String) {
        var text = text
        bytes = text.withUTF8 { SHA256.hash(data: $0) }
    }

    /// The first eight hexadecimal digits.
    var short: String {
        bytes.prefix(4).map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Takes the same time whatever the two are.
    func isSame(as other: TokenDigest) -> Bool {
        var difference: UInt8 = 0
        for (own, others) in zip(bytes, other.bytes) { difference |= own ^ others }
        return difference == 0
    }
}
