import BrokerCore
package import Logging

/// Says once of each name that is listened to that something came under it which is no announcement.
package final class ForeignLog: Sendable {
    /// Names that are remembered, and so told of, at most.
    package static let capacity = 1_000

    private let told = Locked(Set<String>())
    private let message: Logger.Message
    private let key: String
    private let logger: Logger

    /// - Parameters:
    ///   - message: what to say.
    ///   - key: under which the name is given.
    package init(_ message: Logger.Message, key: String, logger: Logger) {
        (self.message, self.key, self.logger) = (message, key, logger)
    }

    /// Something came under this name.
    package func note(_ name: String) {
        let isNews = told.withLock { $0.count < Self.capacity && $0.insert(name).inserted }
        if isNews { logger.warning(message, metadata: [key: "\(name)"]) }
    }
}
