/// What to do when a server's ACL does not allow something (`NOPERM`).
struct Permission: Equatable {
    /// What is not allowed, in words.
    let what: String
    /// The words of `ACL SETUSER` that would allow it.
    let grant: String
    /// It is missing for what a function does, of which some servers do not say which command it is.
    let isOfScript: Bool

    /// - Parameters:
    ///   - error: the server's words.
    ///   - command: what was sent, which names the command when the server does not.
    /// - Returns: `nil` when the error is about something else.
    init?(error: String, command: Command, prefix: String) {
        isOfScript = error.contains("The user executing the script") || error.contains("ACL failure in script")
        guard isOfScript || error.hasPrefix("NOPERM") else { return nil }
        if error.contains(" key") {
            (what, grant) = ("access the keys \(prefix)*", "~\(prefix)*")
        } else if error.contains(" channel") {
            (what, grant) = ("use the pub/sub channels \(prefix)*", "&\(prefix)*")
        } else {
            let name = Self.quoted(in: error) ?? command.words.first?.lowercased() ?? ""
            let full = Self.containers.contains(name) ? "\(name)|\(command.words[1].lowercased())" : name
            (what, grant) = ("run \(full.uppercased().split(separator: "|").joined(separator: " "))", "+\(full)")
        }
    }

    /// As an error for the operator.
    func denied(to user: String, at place: String) -> RedisError {
        .unusable("user \(user) may not \(what) at \(place): ACL SETUSER \(user) \(grant)")
    }

    /// Commands that have subcommands, which an ACL names with them.
    private static let containers: Set<String> = ["function", "script", "client", "cluster"]

    /// The last word in single quotes.
    private static func quoted(in error: String) -> String? {
        let parts = error.split(separator: "'", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[parts.count - 2]).lowercased() : nil
    }
}
