/// A server's answer to a command, or what it pushes (RESP2).
enum Reply: Hashable, Sendable {
    case status(String)
    case bulk(String)
    case integer(Int64)
    case array([Reply])
    case null
    /// The server's own words: a code, then a sentence (`WRONGTYPE Operation against …`).
    case error(String)
}

extension Reply {
    /// The text of a status or bulk reply.
    var text: String? {
        switch self {
        case .status(let text), .bulk(let text): text
        case .integer, .array, .null, .error: nil
        }
    }

    /// An integer, also one that a server gives as text.
    var integer: Int64? {
        if case .integer(let value) = self { value } else { text.flatMap { Int64($0) } }
    }

    var array: [Reply]? {
        if case .array(let replies) = self { replies } else { nil }
    }
}
