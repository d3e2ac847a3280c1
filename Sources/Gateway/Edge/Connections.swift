import HTTPTypes
import Hub
import NIOCore
import Synchronization

/// How many connections there are: those that speak HTTP, and the streams that the Hub has.
final class Connections: Sendable {
    /// Descriptors that are kept for everything else: listener, epolls, the broker, a stream's second one while it changes hands.
    private static let reserve = 256

    private let count = Atomic<Int>(0)
    private let hub: Hub
    /// The most that are served at once.
    let most: Int

    /// - Parameter most: 0: as many as the descriptors allow.
    init(most: Int, hub: Hub) {
        let ceiling = max(1, Int(clamping: Descriptors.limit) - Self.reserve)
        self.most = most > 0 ? min(most, ceiling) : ceiling
        self.hub = hub
    }

    /// Counts the connection for as long as it is open.
    /// - Throws: ``Problem`` when it is one too many.
    func admit(_ channel: any Channel) throws(Problem) {
        let now = count.add(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { _ in self.count.subtract(1, ordering: .relaxed) }
        guard now + hub.socketCount > most else { return }
        var problem = Problem(
            .serviceUnavailable, "too_many_connections", "this gateway serves \(most) connections at once")
        problem.headers[.retryAfter] = "1"
        throw problem
    }
}
