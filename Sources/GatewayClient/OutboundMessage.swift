/// One publication that waits for the gateway.
package struct OutboundMessage: Sendable {
    /// What a reader of the channel gets.
    package enum Payload: Hashable, Sendable {
        case text(String)
        /// One JSON value.
        case json(String)

        package var bytes: Int {
            switch self {
            case .text(let data), .json(let data): data.utf8.count
            }
        }
    }

    /// Distinct within its outbox: with the run's id it makes the idempotency key, so that repeating publishes nothing.
    package var number: UInt64
    package var event: String
    package var payload: Payload
    /// The last message: it closes the channel.
    package var closes = false
}
