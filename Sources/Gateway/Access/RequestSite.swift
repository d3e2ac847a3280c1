import GatewayConfig
import HTTPTypes

/// Where a request was meant to go, as the page that sent it would write it: the gateway's own origin for that page.
struct RequestSite {
    /// `http` or `https`.
    let scheme: String
    /// Host and port as the client named them; `nil`: it named none, as HTTP/1.0 need not.
    let authority: String?

    init(scheme: String, authority: String?) {
        self.scheme = scheme
        self.authority = authority
    }

    /// - Parameter isProxied: a trusted proxy has sent it, whose word counts on what the client has named.
    init(_ request: HTTPRequest, isProxied: Bool) {
        let fields = isProxied ? request.headerFields : [:]
        self.init(
            scheme: fields[.xForwardedProto]?.lastElement ?? request.scheme ?? "http",
            authority: fields[.xForwardedHost]?.lastElement ?? request.authority)
    }

    /// The origin as browsers write it (RFC 6454 §6.2): lower case, and no port that is the scheme's own.
    var origin: String? {
        guard let authority else { return nil }
        let own = scheme == "https" ? ":443" : ":80"
        let host = authority.lowercased()
        return "\(scheme)://\(host.hasSuffix(own) && !host.hasSuffix("]") ? String(host.dropLast(own.count)) : host)"
    }

    /// A name or an address of no public name: nobody can make a page's own name lead to it.
    ///
    /// DNS rebinding is a page whose own name is made to lead to the gateway: to the browser it is then of one origin
    /// with it. A request that comes so carries that name.
    var isLocal: Bool {
        guard let authority, !authority.utf8.starts(with: [UInt8(ascii: "[")]) else { return true }
        let host = authority.utf8.prefix { $0 != UInt8(ascii: ":") }
        if host.isEmpty || IPv4Text.isAddress(host) { return true }
        let name = String(Substring(host)).lowercased()
        return name == "localhost" || name.hasSuffix(".localhost")
    }
}

extension String {
    /// The last of a list, which the nearest proxy has written.
    fileprivate var lastElement: String? {
        split(separator: ",").last.map { $0.filter { $0 != " " } }
    }
}

extension HTTPField.Name {
    fileprivate static let xForwardedProto = HTTPField.Name("X-Forwarded-Proto")!  // A constant that is a valid name.
    fileprivate static let xForwardedHost = HTTPField.Name("X-Forwarded-Host")!
}
