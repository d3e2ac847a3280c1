/// Why a server did not do what it was asked. One line each; never shows a password.
package enum PostgresError: Error, Hashable, Sendable {
    /// There is no connection, it broke, or the server was silent for too long. Whether a query that was under way was
    /// carried out is unknown.
    case unreachable(reason: String)
    /// The server answered with an error: the query's transaction was rolled back, and the connection goes on. From
    /// ``PostgresConnection/connect(_:on:logger:notifications:)``: the server did not let us in.
    case server(ServerError)
}

/// An error in the server's words (PostgreSQL's manual, "Error and Notice Message Fields").
package struct ServerError: Hashable, Sendable {
    /// Five letters and digits ("PostgreSQL Error Codes").
    package var sqlState: String
    /// Each is one line.
    package var message: String
    package var detail: String?
    package var hint: String?

    package init(sqlState: String, message: String, detail: String? = nil, hint: String? = nil) {
        (self.sqlState, self.message, self.detail, self.hint) = (sqlState, message, detail, hint)
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String { words }

    /// The reason in one line, without the kind.
    package var words: String {
        switch self {
        case .unreachable(let reason): reason
        case .server(let error): "\(error)"
        }
    }

    /// The server's code; `nil` when there is none.
    package var sqlState: String? { if case .server(let error) = self { error.sqlState } else { nil } }
}

extension ServerError: CustomStringConvertible {
    /// `message (detail; hint) [sqlState]`
    package var description: String {
        let more = [detail, hint].compactMap { $0 }.joined(separator: "; ")
        return "\(message)\(more.isEmpty ? "" : " (\(more))") [\(sqlState)]"
    }
}
