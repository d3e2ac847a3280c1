/// Where a published message is kept.
package enum Keeping: Hashable, Sendable {
    /// In the log.
    case logged
    /// In the log, and as the newest of its key whatever happens to the log.
    case loggedAndRetained(RetainKey)
    /// Only as the newest of its key: it takes an offset and is delivered live, and the next one replaces it.
    case conflated(RetainKey)

    package var key: RetainKey? {
        switch self {
        case .logged: nil
        case .loggedAndRetained(let key), .conflated(let key): key
        }
    }

    package var isConflated: Bool {
        if case .conflated = self { true } else { false }
    }
}

/// What a producer asks the broker to publish.
package struct Publication: Hashable, Sendable {
    package var channel: ChannelName
    package var event: EventName
    package var data: String
    package var format: DataFormat
    package var keeping: Keeping
    /// Publish only if the retained message of `keeping`'s key has this offset; 0: if there is none. It has no meaning,
    /// and is refused as ``BrokerError/expectWithoutKey``, for a message that is only logged.
    package var expect: UInt64?
    /// The producer's generation: refused below the highest that the channel has seen.
    package var fence: UInt64?
    /// This message is the last: it closes the channel.
    package var closes: Bool
    package var idempotencyKey: IdempotencyKey?

    package init(
        channel: ChannelName, event: EventName = .message, data: String, format: DataFormat = .text,
        keeping: Keeping = .logged, expect: UInt64? = nil, fence: UInt64? = nil, closes: Bool = false,
        idempotencyKey: IdempotencyKey? = nil
    ) {
        self.channel = channel
        self.event = event
        self.data = data
        self.format = format
        self.keeping = keeping
        self.expect = expect
        self.fence = fence
        self.closes = closes
        self.idempotencyKey = idempotencyKey
    }
}

/// The broker's word that a message is in the log, as durable as the broker is configured to be.
package struct Receipt: Hashable, Sendable {
    package var position: Position
    /// The idempotency key was seen before: `position` is the first publication's, and nothing was published now.
    package var duplicate: Bool

    package init(position: Position, duplicate: Bool = false) {
        self.position = position
        self.duplicate = duplicate
    }
}
