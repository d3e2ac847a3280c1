/// What a client is told of the reason why the broker is not available. Where the broker stands is for the log alone.
enum BrokerReason {
    /// The reason with addresses, and hosts with their ports, left out: `127.0.0.1:6379`, `[::1]:6379`, `db.internal:5432`, and what
    /// libpq writes, `at "db.internal" (10.0.0.5), port 5432`.
    static func withoutEndpoints(_ reason: String) -> String {
        reason
            .replacing(/\ at "[^"]*"(?: \([^)]*\))?(?:, port [0-9]+)?/, with: "")
            .replacing(/\[[0-9A-Fa-f:.%]+\](?::[0-9]{1,5})?/, with: "the server")
            .replacing(/(?:localhost|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+):[0-9]{1,5}\b/, with: "the server")
            .replacing(/[0-9]{1,3}(?:\.[0-9]{1,3}){3}/, with: "the server")
    }
}
