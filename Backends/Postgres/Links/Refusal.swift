import BrokerCore

/// What a server's error is about (PostgreSQL's manual, "PostgreSQL Error Codes").
enum Refusal: Hashable, Sendable {
    /// The server as it is now: full, shutting down, a standby. Whatever is asked of it, it would answer so.
    case server
    /// Another transaction held what was needed for longer than we were willing to wait.
    case locked
    /// It may be about what was asked, or about one channel of several; nothing was done.
    case request

    init(sqlState: String) {
        switch sqlState {
        case "55P03": self = .locked
        default:
            switch sqlState.prefix(2) {
            // Data, constraints, serialization and deadlock, what a function raises, and corruption.
            case "22", "23", "40", "P0", "XX": self = .request
            default: self = .server
            }
        }
    }
}

extension PostgresError {
    /// The server takes no writes: it was demoted, or is a standby. Another may have taken its place.
    var isOfStandby: Bool { sqlState == "25006" }

    var refusal: Refusal? { sqlState.map { Refusal(sqlState: $0) } }
}

extension BrokerError {
    /// Whatever a server has against a query, the channel can't be used now, and nothing has changed that was
    /// acknowledged.
    init(_ error: PostgresError) {
        self = .unavailable(reason: error.operatorWords)
    }
}

extension PostgresError {
    static let fullQueueWords =
        "notification queue is full: end the session that listens in a transaction which does not end; "
        + "the server's log names its pid"

    /// The reason as an operator should read it: what is wrong, and what mends it where that is known.
    fileprivate var operatorWords: String {
        guard case .server(let error) = self else { return words }
        switch error.sqlState {
        case "54000" where isOfFullQueue: return "Postgres' \(Self.fullQueueWords)"
        case "53100": return "the disk of Postgres is full: \(error.message)"
        case "25006": return "Postgres is read-only: a standby, or default_transaction_read_only is on"
        case "3F000", "42P01", "42883": return "the schema is not whole: \(error.message)"
        case "55P03": return "another transaction holds a lock: \(error.message)"
        default: return "Postgres answered \(error)"
        }
    }
}
