import BrokerCore
import Synchronization

/// Broker events on their way to every shard. When the last shard has taken them, whoever sent them is told, and sends the next.
final class EventBatch: Sendable {
    let events: [BrokerEvent]
    private let left: Atomic<Int>
    private let whenTaken: @Sendable () -> Void

    init(_ events: [BrokerEvent], shards: Int, whenTaken: @escaping @Sendable () -> Void) {
        self.events = events
        left = Atomic(shards)
        self.whenTaken = whenTaken
    }

    func take() -> [BrokerEvent] {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { whenTaken() }
        return events
    }
}
