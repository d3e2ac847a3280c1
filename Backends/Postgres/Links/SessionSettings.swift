/// Settings of one session, for connections that no pooler stands before: there a session is lent, and others would get it
/// as it was left.
enum SessionSettings {
    /// Our sessions are idle whenever nobody publishes or asks.
    static let neverIdleOut = query([("idle_session_timeout", "0")])

    /// Sets those that the server has: some are newer than the oldest that serves.
    static func query(_ settings: [(name: String, value: String)]) -> Query {
        Query(
            """
            SELECT set_config(wanted.name, wanted.value, false)
            FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
            JOIN pg_settings AS known ON known.name = wanted.name
            """, [.texts(settings.map(\.name)), .texts(settings.map(\.value))])
    }
}
