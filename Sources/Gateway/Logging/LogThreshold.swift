package import GatewayConfig
package import Logging
import Synchronization

/// The least severe record that is written, by all loggers that share it: it can change while they are in use.
package final class LogThreshold: Sendable {
    private let index: Atomic<Int>

    package init(_ level: LogLevel) {
        index = Atomic(Self.index(level))
    }

    package func set(_ level: LogLevel) { index.store(Self.index(level), ordering: .relaxed) }

    package var level: Logger.Level { Logger.Level.allCases[index.load(ordering: .relaxed)] }

    /// The two name the same levels.
    private static func index(_ level: LogLevel) -> Int {
        Logger.Level.allCases.firstIndex { $0.rawValue == level.rawValue } ?? 0
    }
}
