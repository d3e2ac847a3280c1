import GatewayConfig
import HTTPTypes

/// Which web pages may use the gateway: its own, and those whose origin is listed.
struct OriginRules: Sendable {
    private let listed: [String]
    /// Pages of every origin may, without their cookies.
    private let takesAll: Bool
    /// Nothing but its address keeps strangers from the gateway, so a page must not be able to borrow that.
    private let isProtectedByAddress: Bool

    init(_ config: GatewayConfig) {
        listed = config.origins
        takesAll = listed.contains("*")
        isProtectedByAddress =
            config.isLoopback && !config.open && !config.auth.knowsTokens && config.auth.callback.url == nil
    }

    /// What is the same for everybody: the page, the client, health.
    private static let everybodys = Set(PageFile.all.map(\.path) + ["/healthz", "/readyz"])

    /// Whether a request has to be judged: all but those for what is everybody's. A path that only looks like another is
    /// no exception, since the router may find its way.
    static func concern(_ target: String) -> Bool {
        !everybodys.contains(String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") })))
    }

    /// - Parameter site: where the request was meant to go.
    /// - Throws: ``Problem`` (`origin_not_allowed`) for a request that a page must not make.
    func judge(_ method: HTTPRequest.Method, _ fields: HTTPFields, at site: RequestSite) throws(Problem) -> PageOrigin {
        guard let origin = fields[.origin] else { return try withoutOrigin(method, fields[.secFetchSite]) }
        if origin == site.origin { return .own }
        if listed.contains(origin) { return .listed(origin) }
        if takesAll { return .any }
        throw Problem(
            .forbidden, "origin_not_allowed",
            "pages of \(origin.prefix(256)) may not use this gateway, which is \(site.origin ?? "nameless") to them: list theirs in origins"
        )
    }

    /// - Parameter site: as the connection itself names it, not as a proxy says, which any page could say too.
    /// - Throws: ``Problem`` (`host_not_allowed`) for a name that only DNS rebinding, or a proxy, can have brought here.
    func check(_ site: RequestSite) throws(Problem) {
        guard isProtectedByAddress, !takesAll, !site.isLocal, let authority = site.authority?.lowercased() else {
            return
        }
        guard !listed.contains("http://\(authority)"), !listed.contains("https://\(authority)") else { return }
        throw Problem(
            .forbidden, "host_not_allowed",
            "this gateway is its own host's only, and \"\(authority.prefix(256))\" is none of its names: configure auth, or list http://\(authority.prefix(256)) in origins"
        )
    }

    /// Browsers leave the origin out where a page can't read the answer, and where the page is the gateway's own; what
    /// `Sec-Fetch-Site` says tells the two apart (Fetch Metadata §2.4). Clients that are no browsers have neither.
    private func withoutOrigin(_ method: HTTPRequest.Method, _ relation: String?) throws(Problem) -> PageOrigin {
        switch relation {
        case nil, "same-origin", "none": return .own
        case "cross-site" where method != .get && method != .head:
            throw Problem(
                .forbidden, "origin_not_allowed", "a page of another site may not use this gateway without saying which"
            )
        default: return .unknown
        }
    }
}
