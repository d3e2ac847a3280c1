import BrokerSupport
import Logging
import NIOCore

extension Upkeep {
    /// Keeps a connection to a Redis up.
    /// - Parameter purpose: what it is for, for the log.
    init(purpose: String, logger: Logger) {
        self.init(of: "Redis", purpose: purpose, logger: logger)
    }
}

extension RedisConnection: KeptConnection {
    func waitUntilEnded() async { _ = try? await closed.get() }

    func end() { close() }
}

extension RedisError: WordedError {
    /// The reason, without the kind.
    var words: String {
        switch self {
        case .unreachable(let reason): reason
        case .refused(let words), .unusable(let words): words
        }
    }
}
