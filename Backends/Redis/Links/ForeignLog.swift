import BrokerCore
import Logging

/// Says of each pub/sub channel once that something came over it which is no announcement.
final class ForeignLog: Sendable {
    /// Channels that are remembered, and so told of, at most.
    static let maximumChannels = 1_000

    private let told = Locked(Set<String>())
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    func note(_ channel: String) {
        let isNews = told.withLock { $0.count < Self.maximumChannels && $0.insert(channel).inserted }
        guard isNews else { return }
        logger.warning("Redis: a message that is no announcement was dropped", metadata: ["channel": "\(channel)"])
    }
}
