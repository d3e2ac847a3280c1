import Synchronization

/// What the gateway counts beside the Hub.
final class Counters: Sendable {
    private let publications = Atomic<UInt64>(0)
    private let requests = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)

    var published: UInt64 { publications.load(ordering: .relaxed) }
    /// The gateway shuts down: it is not ready any more.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func published(_ count: Int) { publications.wrappingAdd(UInt64(count), ordering: .relaxed) }
    func drain() { draining.store(true, ordering: .relaxed) }

    func requestBegan() { requests.add(1, ordering: .relaxed) }
    func requestEnded() { requests.subtract(1, ordering: .relaxed) }

    /// Waits for the requests that are being answered, but no longer than `time`.
    func requestsEnded(within time: Duration) async {
        let deadline = ContinuousClock.now + time
        while requests.load(ordering: .relaxed) > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
