/// One publication of a task's worker that waits for the gateway.
package struct OutboundMessage: Hashable, Sendable {
    /// What a reader of the channel gets.
    package enum Content: Hashable, Sendable {
        /// A line of output, logged.
        case line(String)
        /// How far the work is, as a JSON object; only the newest counts.
        case progress(String)
    }

    /// Distinct within its outbox: with the run's id it makes the idempotency key, so that repeating publishes nothing.
    package var number: UInt64
    package var content: Content

    package init(number: UInt64, content: Content) {
        self.number = number
        self.content = content
    }
}
