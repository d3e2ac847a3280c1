import BrokerCore

/// A value that comes once, and one who waits for it.
final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiter: CheckedContinuation<Value?, Never>?
        var timer: Task<Void, Never>?
    }

    private let state = Locked(State())

    /// The first value counts.
    func set(_ value: Value) {
        let (waiter, timer) = state.withLock { state in
            if state.value == nil { state.value = value }
            return (state.waiter.take(), state.timer.take())
        }
        timer?.cancel()
        waiter?.resume(returning: value)
    }

    /// Waits until the value is there, at most so long; `nil`: it is not. One may wait at a time.
    func value(within limit: Duration) async -> Value? {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state -> Value? in
                if let value = state.value { return value }
                state.waiter = continuation
                state.timer = Task {
                    try? await Task.sleep(for: limit)
                    self.giveUp()
                }
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }

    /// A timer that was cancelled finds nobody who waits: the value was there first.
    private func giveUp() {
        state.withLock { state in
            state.timer = nil
            return state.waiter.take()
        }?.resume(returning: nil)
    }
}
