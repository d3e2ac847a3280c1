import BrokerSupport

/// A broker URL that leads to no broker. It shows nothing of the URL that may hold a password.
package struct BrokerURLError: KeyedError, Hashable, CustomStringConvertible {
    /// What was found and what is allowed, in one line.
    package let description: String
    package let key: String?

    /// The URL is of no known kind.
    init(kind found: String) {
        let allowed = BrokerRegistry.schemes.map { "\($0):" }.joined(separator: ", ")
        description = "\(found); a broker URL may be \(allowed), or a Postgres connection string (host=…)"
        key = nil
    }

    /// The URL is not right for its kind, or what `key` says of it is not.
    init(_ description: String, key: String? = nil) {
        self.description = description
        self.key = key
    }
}
