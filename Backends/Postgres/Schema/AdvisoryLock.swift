import Crypto

/// A lock that the server keeps for those who agree on a number (PostgreSQL's manual, "Advisory Locks"). A number
/// counts in one database only.
enum AdvisoryLock: String {
    /// Held by the transaction that makes or changes the schema.
    case migration
    /// Held by the session of the gateway that leads.
    case leader

    /// By chance no one else's: 63 bits of a hash of the schema's name and of what is locked.
    func number(schema: String) -> Int64 {
        let digest = SHA256.hash(data: Array("telltale \(rawValue) \(schema)".utf8))
        return digest.prefix(8).reduce(0) { $0 << 8 | Int64($1) } & .max
    }
}
