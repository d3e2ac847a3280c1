import BrokerCore
import Synchronization

/// Broker events on their way to shards. When the last shard has taken them they no longer count as under way.
final class EventBatch: Sendable {
    let events: [BrokerEvent]
    private let left: Atomic<Int>
    private let gate: EventGate

    init(_ events: [BrokerEvent], shards: Int, gate: EventGate) {
        self.events = events
        left = Atomic(shards)
        self.gate = gate
        gate.add(events.count)
    }

    func take() -> [BrokerEvent] {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { gate.remove(events.count) }
        return events
    }
}

/// Bounds the events that are on their way to shards. Beyond the bound they gather in the broker's own buffer.
final class EventGate: Sendable {
    /// Events under way, at most, before no more are fetched.
    static let most = 16_384

    private struct State {
        var underWay = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    /// Whether there is room.
    var isOpen: Bool { state.withLock { $0.underWay < Self.most } }

    func add(_ count: Int) {
        state.withLock { $0.underWay += count }
    }

    func remove(_ count: Int) {
        let waiter = state.withLock { state in
            state.underWay -= count
            return state.underWay < Self.most ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    /// Returns when there is room. One caller at a time.
    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.underWay >= Self.most { state.waiter = continuation }
                return state.waiter == nil
            }
            if isOpen { continuation.resume() }
        }
    }
}
