import BrokerSupport

/// Why a Postgres could not be opened, in one line that says what to do.
package struct PostgresOpeningError: KeyedError, Hashable, CustomStringConvertible {
    package let description: String
    package let key: String?

    /// - Parameters:
    ///   - words: what is wrong with the server, the database, the schema or the role, and what to do.
    ///   - place: where.
    ///   - key: what names the place, if it is not the broker's URL.
    init(_ words: String, at place: ConnectionTarget, of key: String? = nil) {
        description = "\(place): \(words)".onOneLine
        self.key = key
    }

    /// There is no connection, it broke, or the server refused something.
    init(_ error: PostgresError, at place: ConnectionTarget, of key: String? = nil) {
        let reason =
            switch error {
            case .unreachable(let reason): "can't be reached: \(reason)"
            case .server(let error): "can't be used: \(error)"
            }
        let advice = ConnectionAdvice.text(for: error).map { "; \($0)" } ?? ""
        self.init(reason + advice, at: place, of: key)
    }
}

extension String {
    fileprivate var onOneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
