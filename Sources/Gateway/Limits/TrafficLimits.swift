import Access
import GatewayConfig
import HTTPTypes

/// What one party may have and do at once, whoever it comes by: connections, streams, messages a second.
final class TrafficLimits: Sendable {
    /// When to try again to open a stream, in seconds: those of pages that were left go by themselves.
    private static let retrySeconds: UInt64 = 5

    let connections: Connections
    private let live: LiveConfig
    private let streams = Tally<String>()
    private let rates = MessageRates()

    init(live: LiveConfig) {
        self.live = live
        connections = Connections(live: live)
    }

    /// Counts a stream for as long as what is returned lives; `nil`: it is of no token, but of a key, or of anyone.
    /// - Throws: ``Problem`` when it is one too many.
    func admitStream(of identity: Identity?) throws(Problem) -> Hold? {
        guard let identity, !identity.isAnonymous, !identity.isKey else { return nil }
        let most = live.read(\.limits.connectionsPerToken)
        if let hold = streams.take(identity.publisher, most: most) { return hold }
        var problem = Problem(
            .tooManyRequests, "too_many_streams_of_token",
            "one token's subject may have \(most) streams at once (limits.connections_per_token)")
        problem.retry(after: Self.retrySeconds)
        throw problem
    }

    /// Counts a message that is about to be published.
    /// - Parameter publisher: `Identity.publisher`.
    /// - Throws: ``Problem`` when it comes too soon.
    func admitMessage(of publisher: @autoclosure () -> String) throws(Problem) {
        let rate = live.read(\.limits.messagesPerSecond)
        guard rate > 0, let seconds = rates.take(Self.counted(publisher()), rate: rate) else { return }
        var problem = Problem(
            .tooManyRequests, "too_many_messages",
            "one publisher may send \(rate) messages a second (limits.messages_per_second)")
        problem.retry(after: seconds)
        throw problem
    }

    /// Counts messages of a body that is read as it is published, and waits until they may go: their sender is slowed
    /// instead of being refused.
    /// - Throws: `CancellationError`.
    func pace(_ count: Int, of publisher: String) async throws {
        let rate = live.read(\.limits.messagesPerSecond)
        guard rate > 0, count > 0 else { return }
        let wait = rates.reserve(Self.counted(publisher), count: count, rate: rate)
        if wait > .zero { try await Task.sleep(for: wait) }
    }

    /// What `Identity.publisher` of someone without a token begins with.
    static let address = "address:"

    /// Addresses are counted as connections are.
    private static func counted(_ publisher: String) -> String {
        guard publisher.hasPrefix(address), let found = IPAddress(publisher.dropFirst(address.count)) else {
            return publisher
        }
        return address + found.counted.description
    }
}
