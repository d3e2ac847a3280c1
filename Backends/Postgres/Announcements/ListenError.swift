import BrokerSupport

/// Why announcements can't be listened to.
enum ListenError: WordedError, Hashable {
    /// The connection could not be made, or broke, or its LISTEN was refused.
    case connection(PostgresError)
    /// The notification that is to show whether they arrive could not be sent: the connection for queries is broken.
    case query(PostgresError)
    /// LISTEN succeeded, a notification was sent, and it did not arrive in time. That is so behind a pooler that gives
    /// sessions to others after each transaction, and where queries go to another server or database.
    case silent

    var words: String {
        switch self {
        case .connection(let error): error.words
        case .query(let error): "no notification can be sent: \(error.words)"
        case .silent:
            "notifications do not arrive: they go to another server or database, or a pooler stands in between"
        }
    }

    var isRoutine: Bool { if case .connection(let error) = self { error.isRoutine } else { false } }

    /// The same for those who only want to know what is wrong with the server.
    var cause: PostgresError {
        switch self {
        case .connection(let error), .query(let error): error
        case .silent: .unreachable(reason: words)
        }
    }
}
