/// A broker URL that leads to no broker. It shows nothing of the URL that may hold a password.
package struct BrokerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found and what is allowed, in one line.
    package let description: String

    /// The URL is of no known kind.
    init(kind found: String) {
        let allowed = BrokerRegistry.schemes.map { "\($0):" }.joined(separator: ", ")
        description = "\(found); a broker URL may be \(allowed), or a Postgres connection string (host=…)"
    }

    /// The URL is not right for its kind.
    init(_ description: String) {
        self.description = description
    }
}
