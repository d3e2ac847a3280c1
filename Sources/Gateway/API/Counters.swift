import BrokerCore
import Synchronization
import Tasks

/// What the gateway counts beside the Hub and the broker's meter.
final class Counters: Sendable {
    /// How often it is looked whether the last request has been answered.
    private static let requestWatch = Duration.milliseconds(20)

    /// What was refused, by code.
    let refusals = Refusals()
    /// What the connections take that speak HTTP.
    let traffic = Traffic()
    private let requests = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let swept = Locked<[LeaseSweep.Swept: UInt64]>([:])

    /// The gateway shuts down: it is not ready any more, and begins nothing new.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func drain() { draining.store(true, ordering: .relaxed) }

    /// A request is under way from its head to the moment when the last of its answer has left.
    func requestBegan() { requests.add(1, ordering: .relaxed) }
    func requestEnded() { requests.subtract(1, ordering: .relaxed) }

    func swept(_ outcome: LeaseSweep.Swept) { swept.withLock { $0[outcome, default: 0] += 1 } }
    /// Tasks that were due, by what became of them.
    var tasksSwept: [(outcome: LeaseSweep.Swept, count: UInt64)] {
        let counts = swept.withLock { $0 }
        return LeaseSweep.Swept.allCases.map { ($0, counts[$0] ?? 0) }
    }

    /// Waits for the requests that are under way, but no longer than to the deadline.
    func requestsEnded(by deadline: ContinuousClock.Instant) async {
        while requests.load(ordering: .relaxed) > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: Self.requestWatch)
        }
    }
}
