/// What a request shows of who sends it; nothing of it is believed yet.
package struct Credentials: Sendable, CustomStringConvertible {
    /// A token, a link's token or an API key.
    package var token: String?
    /// The raw `Cookie` header, for the application that is asked.
    package var cookie: String?
    /// Where the request comes from, without a port.
    package var address: String

    package init(token: String? = nil, cookie: String? = nil, address: String) {
        self.token = token
        self.cookie = cookie
        self.address = address
    }

    /// Shows no secret.
    package var description: String {
        "\(address), \(token == nil ? "no token" : "a token"), \(cookie == nil ? "no cookie" : "a cookie")"
    }
}
