/// The server at the other end of a connection, as it said when the connection was made. Behind a pooler that is the
/// pooler's word.
package struct ServerDescription: Hashable, Sendable {
    /// The host's name, or the folder of its unix socket.
    package var host: String
    package var port: Int
    package var database: String
    package var user: String
    /// `150020` is 15.20.
    package var version: Int
    /// What `pg_backend_pid()` gives, and ``PostgresNotification/processID`` of our own notifications.
    package var processID: Int32
    /// The database's encoding: `UTF8`.
    package var encoding: String
    package var isEncrypted: Bool
}
