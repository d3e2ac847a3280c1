/// A broker URL that leads to no broker. It shows nothing of the URL but its scheme: the rest may hold a password.
package struct BrokerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found, in words.
    package let found: String
    /// What is allowed, in words.
    package let allowed: String

    init(found: String) {
        self.found = found
        self.allowed = BrokerRegistry.schemes.map { "\($0):" }.joined(separator: ", ")
    }

    package var description: String { "\(found); a broker URL may be \(allowed)" }
}
