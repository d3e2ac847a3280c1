/// What to do about a connection that could not be made.
enum ConnectionAdvice {
    /// `nil`: nothing that the reason does not say itself.
    static func text(for error: PostgresError) -> String? {
        if let state = error.sqlState, let advice = byState[state] { return advice }
        return byWords.first { error.words.contains($0.words) }?.advice
    }

    private static let credentials = "give the role's password in the URL, a password file or PGPASSWORD"

    private static let foreign =
        "the schema holds what is not Telltale's: name another in broker.postgres.schema"

    /// By SQLSTATE.
    private static let byState = [
        "28P01": credentials,
        "3D000": "create it (CREATE DATABASE), or name another",
        "53300": "raise max_connections, or let a pooler stand before the server",
        "42P07": foreign, "42723": foreign, "42710": foreign,
        "57P03": "wait until the server has started",
    ]

    /// By what the server or libpq says, where there is no SQLSTATE or it says too little.
    private static let byWords: [(words: String, advice: String)] = [
        ("no encryption", "set sslmode=require, or let pg_hba.conf allow it without TLS"),
        ("SSL off", "set sslmode=require, or let pg_hba.conf allow it without TLS"),
        ("SSL encryption", "set sslmode=disable, or let pg_hba.conf allow it over TLS"),
        ("pg_hba.conf", "let pg_hba.conf allow it"),
        ("does not support SSL", "set sslmode=disable, or turn ssl on at the server"),
        ("root certificate file", "name the authority's certificate with sslrootcert=FILE"),
        ("does not match host name", "name the host as its certificate does, or set sslmode=verify-ca"),
        ("certificate verify failed", "name the certificate's authority with sslrootcert=FILE"),
        ("client certificate", "name the client's certificate and key with sslcert=FILE and sslkey=FILE"),
        ("certificate required", "name the client's certificate and key with sslcert=FILE and sslkey=FILE"),
        ("is not permitted to log in", "ALTER ROLE … LOGIN"),
        ("session is read-only", "name the primary"),
        ("hot standby mode", "name the primary"),
        ("role \"", "create it (CREATE ROLE … LOGIN), or name another user"),
        ("Connection refused", "see that a server runs and listens there"),
        ("name can't be resolved", "see that it is right"),
        ("no connection within", "see that a server runs there and that nothing keeps packets from it"),
    ]
}
