import HTTPTypes
import NIOCore
import Synchronization

/// How many HTTP connections there are. One that is too many is told so, and closed.
///
/// Streams that a shard has taken over count as the Hub's sessions, not here.
final class Connections: Sendable {
    private let count = Atomic<Int>(0)
    private let most: Int

    /// - Parameter most: 0: as many as the descriptors allow.
    init(most: Int) {
        self.most = most > 0 ? most : .max
    }

    func opened(_ channel: any Channel, _ watch: ConnectionWatch) throws {
        let now = count.add(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { _ in self.count.subtract(1, ordering: .relaxed) }
        guard now > most else { return }
        var problem = Problem(.serviceUnavailable, "too_many_connections", "limits.connections allows \(most)")
        problem.retryAfter = 1
        watch.refuse(problem)
    }
}
