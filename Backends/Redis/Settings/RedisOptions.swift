/// How to talk to servers: everything of a broker's URL but where they are.
struct RedisOptions: Hashable, Sendable {
    /// The prefix of every key, of the pub/sub channels and, less its punctuation, of the functions.
    var prefix = "telltale:"
    var credentials: Credentials?
    /// Sentinels have users of their own; `nil`: they ask for no password.
    var sentinelCredentials: Credentials?
    var database = 0
    /// `nil`: connections are not encrypted.
    var tls: TLSOptions?
    /// How long a server may be silent while it owes an answer.
    var commandTimeout: Duration = .seconds(2)
    /// How long a connection may take until it can be used, TLS and password included.
    var connectTimeout: Duration = .seconds(2)
    /// The time between two round trips through pub/sub that show whether it works.
    var canaryInterval: Duration = .seconds(3)

    /// How to talk to the sentinels that watch over these servers.
    var forSentinels: RedisOptions {
        var options = self
        options.credentials = sentinelCredentials
        options.database = 0
        return options
    }
}

/// A password, and whose it is. Shows the password to no one who prints it.
struct Credentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `nil`: the user `default`.
    var user: String?
    var password: String

    var description: String { "\(user ?? ""):***" }
    var customMirror: Mirror { Mirror(self, children: ["user": user as Any]) }
}

/// How a server's certificate is checked, and which certificate is shown to it. The files are read anew for every
/// connection, so renewed ones count from the next connection on.
struct TLSOptions: Hashable, Sendable {
    /// A PEM file of the authorities that are trusted; `nil`: those that the system trusts.
    var authority: String?
    /// PEM files: our certificate (with its chain) and its key.
    var certificate: String?
    var key: String?
    /// The name that the server's certificate may bear besides the address that was connected to; `nil`: the host's
    /// name.
    var serverName: String?
}
