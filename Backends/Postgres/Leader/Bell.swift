import BrokerCore

/// Ends someone's wait early: of the one who waits, or else of the next.
final class Bell: Sendable {
    private struct State {
        var hasRung = false
        var sleep: Task<Void, Never>?
    }

    private let state = Locked(State())

    func ring() {
        state.withLock { state in
            state.hasRung = true
            state.sleep?.cancel()
        }
    }

    /// Waits for so long, until it rings or the task is cancelled. One at a time.
    /// - Returns: whether it rang.
    func wait(atMost limit: Duration) async -> Bool {
        let sleep = Task { _ = try? await Task.sleep(for: limit) }
        state.withLock { state in
            state.sleep = sleep
            if state.hasRung { sleep.cancel() }
        }
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
        return state.withLock { state in
            defer { state = State() }
            return state.hasRung
        }
    }
}
