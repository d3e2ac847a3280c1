import HTTPTypes

/// What the page that sent a request is to the gateway, and what its browser is told about that (CORS, Fetch standard §3.2).
enum PageOrigin: Equatable, Sendable {
    /// A page of the gateway's own origin, or no page at all.
    case own
    /// A page whose origin is listed.
    case listed(String)
    /// A page of any origin, which may have what anybody may have.
    case any
    /// A page of another origin that can't read the answer.
    case unknown

    /// For how long a browser may remember the answer to a preflight, in seconds.
    private static let preflightSeconds = 600
    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let requestHeaders =
        "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Traceparent"
    private static let exposedHeaders = "ETag, Location, Retry-After, WWW-Authenticate"

    /// Its reader's cookies are the reader's own word.
    var mayUseCookies: Bool {
        switch self {
        case .own, .listed: true
        case .any, .unknown: false
        }
    }

    /// What every answer to it carries.
    var fields: HTTPFields {
        switch self {
        case .own, .unknown: [:]
        case .listed(let origin):
            [
                .accessControlAllowOrigin: origin, .accessControlAllowCredentials: "true",
                .accessControlExposeHeaders: Self.exposedHeaders, .vary: "Origin",
            ]
        case .any:
            [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: Self.exposedHeaders, .vary: "Origin"]
        }
    }

    /// The answer to the question whether the page may send what it wants to send; `nil`: this is no such question.
    func preflight(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.method == .options, request.headerFields[.origin] != nil,
            request.headerFields[.accessControlRequestMethod] != nil
        else { return nil }
        var fields = fields
        fields[.accessControlExposeHeaders] = nil
        fields[.accessControlAllowMethods] = Self.methods
        fields[.accessControlAllowHeaders] = Self.requestHeaders
        fields[.accessControlMaxAge] = "\(Self.preflightSeconds)"
        return HTTPResponse(status: .noContent, headerFields: fields)
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!  // A constant that is a valid name.
}
