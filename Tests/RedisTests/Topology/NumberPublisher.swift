import BrokerCore
import RealServers

@testable import RedisBroker

/// A message that a broker has taken.
struct Acknowledged: Sendable {
    let data: String
    let position: Position
    /// How often it was refused before.
    let refusals: Int
}

/// Publishes numbers on a channel, one after the other, each until it is acknowledged.
actor NumberPublisher {
    let channel: ChannelName
    private let broker: RedisBroker
    private(set) var acknowledged: [Acknowledged] = []
    private var isOver = false

    init(_ broker: RedisBroker, _ channel: ChannelName) { (self.broker, self.channel) = (broker, channel) }

    var refusals: Int { acknowledged.reduce(0) { $0 + $1.refusals } }

    func run() async throws {
        while !isOver {
            acknowledged.append(try await broker.insist("\(channel)-\(acknowledged.count + 1)", on: channel))
        }
    }

    func stop() { isOver = true }

    /// Waits until so many more are acknowledged.
    func goesOn(_ count: Int = 20) async throws {
        let goal = acknowledged.count + count
        try await until("publishing goes on") { self.acknowledged.count >= goal }
    }
}

extension RedisBroker {
    /// Publishes `data`, again and again with the same key, until it is acknowledged.
    @discardableResult
    func insist(_ data: String, on channel: ChannelName) async throws -> Acknowledged {
        var publication = Publication(channel: channel, data: data)
        publication.idempotencyKey = try IdempotencyKey("key-\(data)")
        var refusals = 0
        while true {
            try Task.checkCancellation()
            switch await publish([publication])[0] {
            case .success(let receipt): return Acknowledged(data: data, position: receipt.position, refusals: refusals)
            case .failure(.unavailable): refusals += 1
            case .failure(let error): throw error
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
