import BrokerCore

/// Who someone is, verified, and what that alone allows.
package struct Identity: Sendable {
    /// The token's `sub`; `nil`: it has none, or there is no token.
    package let name: String?
    /// Whom limits count it to: `key:2` (the second key), `sub:alice`, `token:1f0a9c3e` (a part of its hash),
    /// `address:192.0.2.1`. Visible ASCII.
    package let publisher: String
    /// When the token stops being taken, `auth.leeway` included: milliseconds since 1970; `nil`: never.
    package let expires: Int64?
    /// A capability link, which dies with its channel.
    package let untilClosed: Bool
    /// For the application that is asked.
    let cookie: String?
    let address: String
    private let power: Power

    private enum Power: Sendable {
        case none
        /// Which one: it may be taken away.
        case key(TokenDigest)
        case token(Grants)
    }

    /// An API key, which may do everything that anyone may.
    package var isKey: Bool { if case .key = power { true } else { false } }

    /// Neither a token nor a key.
    package var isAnonymous: Bool { if case .none = power { true } else { false } }

    /// What takes its place on an open connection has the same subject, or has none as this has none; and a key follows a
    /// key, a link a link.
    package func mayBeRenewed(by other: Identity) -> Bool {
        name == other.name && isKey == other.isKey && untilClosed == other.untilClosed
    }

    /// The digest of the key; `nil`: it is none.
    var keyDigest: TokenDigest? { if case .key(let digest) = power { digest } else { nil } }

    /// The token or key allows it. What the policy says of it is ``AccessControl``'s to know.
    func allows(_ action: AccessAction, _ channel: ChannelName) -> Bool {
        switch power {
        case .none: false
        case .key: true
        case .token(let grants): grants.allow(action, channel)
        }
    }

    /// Someone without a token.
    init(anonymous credentials: Credentials) {
        (name, publisher, expires, untilClosed) = (nil, "address:\(credentials.address)", nil, false)
        (cookie, address, power) = (credentials.cookie, credentials.address, .none)
    }

    /// - Parameter number: the key's, from 1.
    init(key number: Int, _ digest: TokenDigest, _ credentials: Credentials) {
        (name, publisher, expires, untilClosed) = (nil, "key:\(number)", nil, false)
        (cookie, address, power) = (credentials.cookie, credentials.address, .key(digest))
    }

    init(_ token: VerifiedToken, _ credentials: Credentials) {
        (name, publisher) = (token.subject, token.publisher)
        (expires, untilClosed) = (token.expires, token.isLink)
        (cookie, address, power) = (credentials.cookie, credentials.address, .token(token.grants))
    }
}
