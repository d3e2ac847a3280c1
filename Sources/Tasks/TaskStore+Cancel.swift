import BrokerCore

extension TaskStore {
    /// Asks for the end of the task: recorded in it, and published on its control channel. What is queued ends at once.
    /// Asking again is asking once.
    package func cancel(_ id: TaskID) async throws(TaskError) -> TaskSnapshot {
        for _ in 0..<Self.maximumTries {
            let view = try await view(of: id)
            if let life = try TaskMachine.cancel(view) {
                let wish = message(life, of: id, expect: view.expect)
                guard try await publish([wish]) != nil else { continue }
                // That somebody wants the end is no sign of life: of a task that goes on, the lease stays as it is.
                if life.state.isFinal { try await settle(life, of: id) }
            }
            let snapshot = try await snapshot(of: id)
            try await tellWorker(snapshot)
            return snapshot
        }
        throw .busy
    }

    private func tellWorker(_ snapshot: TaskSnapshot) async throws(TaskError) {
        guard snapshot.cancelRequested, let attempt = snapshot.attempt else { return }
        let order = Publication(
            channel: snapshot.id.control, event: TaskNames.cancel, data: "{\"attempt\":\(attempt)}", format: .json,
            keeping: .loggedAndRetained(TaskNames.cancelKey), fence: attempt,
            idempotencyKey: try? IdempotencyKey("cancel/\(snapshot.top.epoch)/\(attempt)"))
        guard try await publish([order]) == nil else { return }
        // A later attempt may have been cancelled in the meantime; then this one is over. Else what is there is left from
        // another life of the task.
        guard try await self.snapshot(of: snapshot.id).attempt == attempt else { return }
        do { _ = try await broker.delete(snapshot.id.control) } catch { throw .broker(error) }
        _ = try await publish([order])
    }
}
