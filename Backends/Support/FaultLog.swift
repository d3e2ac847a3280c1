package import BrokerCore
package import Logging

/// Logs what is wrong with the content of a channel's key once, and not with each attempt to use it.
package final class FaultLog: Sendable {
    /// Channels that are remembered as told; when there are more, all are forgotten and may be told again.
    package static let capacity = 1_000

    private let logger: Logger
    private let told = Locked<Set<ChannelName>>([])

    /// One for a handle on a broker.
    package init(logger: Logger) { self.logger = logger }

    /// Logs `fault` unless one of this channel has been logged.
    package func note(_ fault: String, on channel: ChannelName) {
        let isNew = told.withLock { told in
            if told.count >= Self.capacity { told.removeAll() }
            return told.insert(channel).inserted
        }
        guard isNew else { return }
        logger.warning("a channel can't be used", metadata: ["channel": "\(channel)", "reason": "\(fault)"])
    }
}
