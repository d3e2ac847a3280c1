/// What `NOTIFY` sent (PostgreSQL's manual, "NOTIFY").
package struct PostgresNotification: Hashable, Sendable {
    /// What was listened to, as it was written in the `LISTEN`, less its quotes.
    package var channel: String
    /// At most 7,999 bytes; not checked.
    package var payload: String
    /// The process of the server that sent it: our own notifications have ``ServerDescription/processID``.
    package var processID: Int32

    package init(channel: String, payload: String, processID: Int32) {
        (self.channel, self.payload, self.processID) = (channel, payload, processID)
    }
}
