import BrokerCore

/// The waits of those who try to reach the same server: when one has reached it, the others try at once.
package final class SharedWait: Sendable {
    private struct State {
        var arrivals = 0
        var lastSleep = 0
        var sleeps: [Int: Task<Void, Never>] = [:]
    }

    private let state = Locked(State())

    package init() {}

    /// How often someone has reached the server so far.
    package var arrivals: Int { state.withLock { $0.arrivals } }

    /// Someone has reached the server.
    package func noteArrival() {
        state.withLock { state in
            state.arrivals += 1
            for sleep in state.sleeps.values { sleep.cancel() }
        }
    }

    /// Waits for so long, until someone reaches the server or the task is cancelled; not at all, when someone has reached
    /// it since there were `arrivals`.
    package func wait(_ time: Duration, since arrivals: Int) async {
        let sleep = Task { _ = try? await Task.sleep(for: time) }
        let number = state.withLock { state in
            if state.arrivals != arrivals { sleep.cancel() }
            state.lastSleep += 1
            state.sleeps[state.lastSleep] = sleep
            return state.lastSleep
        }
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
        state.withLock { $0.sleeps[number] = nil }
    }
}
