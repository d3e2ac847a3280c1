/// How much of a channel is kept, and how long.
package struct RetentionPolicy: Hashable, Sendable {
    /// Logged messages kept, at most.
    package var messages: Int
    /// Bytes of logged data kept, at most; the newest message is kept whatever its size.
    package var bytes: Int
    /// How long the channel lives after its last message.
    package var ttl: Duration
    /// How long a closed channel lives after its last message; `nil`: as long as an open one.
    package var ttlAfterClose: Duration?

    package init(
        messages: Int = 1000, bytes: Int = 8 << 20, ttl: Duration = .seconds(3600), ttlAfterClose: Duration? = nil
    ) {
        self.messages = messages
        self.bytes = bytes
        self.ttl = ttl
        self.ttlAfterClose = ttlAfterClose
    }
}

/// What a broker is told about the channels it keeps.
package struct BrokerSettings: Hashable, Sendable {
    /// How long a broker remembers an idempotency key.
    package static let idempotencyWindow = Duration.seconds(300)
    /// The highest value that `messageBytes` may be set to, on every broker.
    package static let maximumMessageBytes = 16 << 20

    /// The policy of channels without a namespace of their own.
    package var retention: RetentionPolicy
    /// The policy of each namespace that has one.
    package var namespaces: [String: RetentionPolicy]
    /// The largest `data` of a message, in bytes.
    package var messageBytes: Int
    /// The namespace of the channels that are tasks, for brokers whose native producers write tasks too.
    package var taskNamespace: String

    package init(
        retention: RetentionPolicy = RetentionPolicy(), namespaces: [String: RetentionPolicy] = [:],
        messageBytes: Int = 64 << 10, taskNamespace: String = "task"
    ) {
        self.retention = retention
        self.namespaces = namespaces
        self.messageBytes = messageBytes
        self.taskNamespace = taskNamespace
    }

    package func policy(for channel: ChannelName) -> RetentionPolicy {
        guard !namespaces.isEmpty, let namespace = channel.namespace else { return retention }
        return namespaces[String(namespace)] ?? retention
    }
}
