/// Why a broker did not do what it was asked. Whichever it is, nothing has changed.
package enum BrokerError: Error, Hashable, Sendable {
    /// `expect` did not hold; `current` is the offset of the retained message of that key, 0 if there is none.
    case conflict(current: UInt64)
    /// `fence` was below `highest`, the highest that the channel has seen.
    case fenced(highest: UInt64)
    /// The channel is closed, and the publication carried no higher fence. `top` is the offset of its last message.
    case closed(top: UInt64)
    /// `data` is larger than the broker was set to take. Both in bytes.
    case tooLarge(bytes: Int, limit: Int)
    /// `expect` was given for a message without a retain key.
    case expectWithoutKey
    /// The broker can't be reached, or has no room. Trying again later, with the same idempotency key, is safe.
    case unavailable(reason: String)

    /// The stable code that users see.
    package var code: String {
        switch self {
        case .conflict: "conflict"
        case .fenced: "fenced"
        case .closed: "closed"
        case .tooLarge: "message_too_large"
        case .expectWithoutKey: "invalid_expect"
        case .unavailable: "unavailable"
        }
    }
}
