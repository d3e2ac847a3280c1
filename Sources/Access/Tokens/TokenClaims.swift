import BrokerCore
import JSONText

/// What a token says (RFC 7519 §4.1), read but not judged. Times are milliseconds since 1970.
struct TokenClaims {
    /// The most entries of one list.
    static let mostEntries = 500

    let subject: String?
    let issuer: String?
    let audience: [String]
    let expires: Int64?
    let notBefore: Int64?
    let issuedAt: Int64?
    let grants: Grants
    let isLink: Bool

    init(payload: [UInt8]) throws(AccessRefusal) {
        self = try payload.readObject("payload") { (object) throws(JSONMemberError) in
            try TokenClaims(object)
        }
    }

    private init(_ object: JSONObject) throws(JSONMemberError) {
        subject = try object.string("sub")
        issuer = try object.string("iss")
        audience =
            try object["aud"].map { (member) throws(JSONMemberError) in
                member.kind == .string ? [try member.string()] : try member.strings()
            } ?? []
        expires = try object["exp"]?.time()
        notBefore = try object["nbf"]?.time()
        issuedAt = try object["iat"]?.time()
        isLink = object["link"] != nil
        grants = isLink ? try Self.link(object) : try Self.grants(object, subject: subject)
    }

    private static func link(_ object: JSONObject) throws(JSONMemberError) -> Grants {
        let allowed = "one channel, and stand without other rights"
        guard AccessAction.allCases.allSatisfy({ object[$0.rawValue] == nil }),
            let channel = try? object.string("link").map({ try ChannelName($0) })
        else { throw JSONMemberError(key: "link", found: "something else", allowed: allowed) }
        return Grants(reading: channel)
    }

    private static func grants(_ object: JSONObject, subject: String?) throws(JSONMemberError) -> Grants {
        var grants = Grants()
        for action in AccessAction.allCases {
            guard let member = object[action.rawValue] else { continue }
            grants.add(try member.strings(), to: action, subject: subject)
        }
        return grants
    }
}

extension JSONMember {
    fileprivate func strings() throws(JSONMemberError) -> [String] {
        var strings: [String] = []
        for element in try elements(atMost: TokenClaims.mostEntries) { strings.append(try element.string()) }
        return strings
    }

    /// NumericDate (RFC 7519 §2): seconds since 1970, which may have a fraction.
    fileprivate func time() throws(JSONMemberError) -> Int64 {
        let last = Double(Timestamp.maximum / 1000)
        guard kind == .number, let seconds = Double(verbatim), (0...last).contains(seconds) else {
            throw JSONMemberError(key: key, found: kind.description, allowed: "a time in seconds since 1970")
        }
        return Int64(seconds * 1000)
    }
}
