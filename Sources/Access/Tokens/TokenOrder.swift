package import BrokerCore
import JSONText

/// What a new token is to say.
package struct TokenOrder: Sendable {
    /// The channel patterns of each right.
    package var rights: [AccessAction: [String]] = [:]
    /// Reading this channel, in place of rights: the token of a capability link.
    package var link: ChannelName?
    package var subject: String?
    /// From now on.
    package var lifetime: Duration
    package var issuer: String?
    package var audience: String?

    package init(lifetime: Duration) { self.lifetime = lifetime }

    /// A pattern that would allow nothing: it is none, or needs a subject that is not there or could not be a part of
    /// a channel's name.
    package var emptyPattern: String? {
        AccessAction.allCases.lazy.flatMap { rights[$0] ?? [] }
            .first { ChannelPattern($0, subject: subject) == nil }
    }

    /// The token, signed.
    /// - Parameter now: milliseconds since 1970.
    package func token(signedBy key: SigningKey, now: Int64) throws -> String {
        let signed = "\(Base64URL.encode(key.header.utf8)).\(Base64URL.encode(payload(now: now / 1000).utf8))"
        return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
    }

    /// - Parameter now: seconds since 1970.
    private func payload(now: Int64) -> String {
        var members: [String] = []
        func add(_ name: String, _ text: String?) {
            if let text { members.append("\"\(name)\":\(JSONWriter.string(text))") }
        }
        add("iss", issuer)
        add("aud", audience)
        add("sub", subject)
        add("link", link?.rawValue)
        for action in AccessAction.allCases {
            guard let patterns = rights[action], !patterns.isEmpty else { continue }
            members.append("\"\(action.rawValue)\":[\(patterns.map(JSONWriter.string).joined(separator: ","))]")
        }
        members += ["\"iat\":\(now)", "\"exp\":\(now + lifetime.wholeMilliseconds / 1000)"]
        return "{\(members.joined(separator: ","))}"
    }
}
