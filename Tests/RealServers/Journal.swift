import BrokerCore

/// Values that come one after the other, and who waits for some of them.
package final class Journal<Entry: Sendable>: Sendable {
    private struct Waiter {
        let matches: @Sendable ([Entry]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var entries: [Entry] = []
        var waiting: [Int: Waiter] = [:]
        var last = 0
    }

    private let state = Locked(State())

    /// An empty one.
    package init() {}

    /// All that has come so far, in order.
    package var entries: [Entry] { state.withLock { $0.entries } }

    /// Puts these behind what has come, and wakes who waited for them.
    package func add(_ news: [Entry]) {
        let ready = state.withLock { state in
            state.entries += news
            let all = state.entries
            let ready = state.waiting.filter { $0.value.matches(all) }
            for key in ready.keys { state.waiting[key] = nil }
            return ready.values.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Waits until what has come matches, or the test's time is over.
    package func until(_ matches: @escaping @Sendable ([Entry]) -> Bool) async {
        let key = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if matches(state.entries) || Task.isCancelled { return true }
                    state.waiting[key] = Waiter(matches: matches, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiting.removeValue(forKey: key) }
            waiter?.continuation.resume()
        }
    }
}
