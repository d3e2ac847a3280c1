import BrokerCore
import Logging

/// Says once of each name that is listened to that something came under it which is no announcement.
final class ForeignNotifications: Sendable {
    private let told = Locked(Set<String>())
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    /// - Parameter name: there are as many as buckets.
    func note(_ name: String) {
        let isNews = told.withLock { $0.count < Bucket.count && $0.insert(name).inserted }
        guard isNews else { return }
        logger.warning("Postgres: a notification that is no announcement was dropped", metadata: ["name": "\(name)"])
    }
}
