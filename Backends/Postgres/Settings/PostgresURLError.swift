import BrokerSupport

/// What is wrong with a connection string or an option beside it, in one line that says what is allowed. Never shows a
/// password, nor what may be a part of one.
package struct PostgresURLError: KeyedError, Hashable, CustomStringConvertible {
    package let description: String
    package private(set) var key: String?

    init(_ description: String) { self.description = description }

    /// The same, of another key than the broker's URL.
    func of(_ key: String) -> Self {
        var error = self
        error.key = key
        return error
    }
}
