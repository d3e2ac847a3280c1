/// What a server's error means for a link.
enum Refusal: Equatable {
    /// It does not have the functions: load them, and repeat.
    case missingLibrary
    /// It is no primary any more: leave it, and locate the primary again.
    case demoted
    /// It can't serve now; why, and what to do, in words.
    case unavailable(String)
    /// Something about this very command, or a cluster's redirection: the caller's.
    case other

    /// - Parameter error: the server's own words.
    init(_ error: String) {
        if Library.isMissing(error) {
            self = .missingLibrary
            return
        }
        let code = Self.code(of: error)
        if code == "READONLY" {
            self = .demoted
        } else if let words = Self.words[code] {
            self = .unavailable(words)
        } else {
            self = .other
        }
    }

    /// The error's first word. Redis 6.2 wraps what a command inside a script answered: `ERR Error running script …:
    /// -OOM command …`.
    private static func code(of error: String) -> String {
        let first = String(error.prefix { $0 != " " })
        guard first == "ERR", error.contains("unning script") else { return first }
        for code in words.keys where error.contains("-\(code) ") { return code }
        return error.contains("-READONLY ") ? "READONLY" : first
    }

    private static let words = [
        "OOM": "Redis is out of memory: it has reached its maxmemory, and its maxmemory-policy removes nothing",
        "LOADING": "Redis is loading its data after a start",
        "MASTERDOWN": "Redis is a replica that has lost its primary",
        "BUSY": "Redis is busy with someone's script (SCRIPT KILL or FUNCTION KILL ends it)",
        "MISCONF": "Redis takes no writes because it can't save to disk: see its log",
        "NOREPLICAS": "Redis takes no writes because too few of its replicas are connected (min-replicas-to-write)",
        "NOAUTH": "Redis wants a password",
    ]
}
