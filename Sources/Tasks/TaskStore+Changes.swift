package import BrokerCore

extension TaskStore {
    /// Queues a task, or a new attempt of one that there is.
    package func create(
        _ creation: TaskCreation, idempotencyKey: IdempotencyKey? = nil
    ) async throws(TaskError) -> TaskSnapshot {
        for id in try ids(for: creation, idempotencyKey) {
            if let snapshot = try await create(creation, as: id, idempotencyKey: idempotencyKey) { return snapshot }
        }
        throw .busy
    }

    /// The ids that it may get, in the order in which they are tried: its own, or such as are made here.
    package func ids(
        for creation: TaskCreation, _ idempotencyKey: IdempotencyKey?
    ) throws(TaskError) -> [TaskID] {
        if let id = creation.id { return [id] }
        guard let idempotencyKey else { return [try namespace.randomID()] }
        var ids: [TaskID] = []
        for round in 0..<Self.maximumTries { ids.append(try namespace.id(for: idempotencyKey, round: round)) }
        return ids
    }

    /// Queues it under one of its ids. `nil`: the id, made from a key, is that of another task.
    package func create(
        _ creation: TaskCreation, as id: TaskID, idempotencyKey: IdempotencyKey?
    ) async throws(TaskError) -> TaskSnapshot? {
        do {
            return try await change(id, creation.change, keys: TaskKeys(idempotencyKey), creates: true)
        } catch {
            // The task that got this id from the same key is older than the broker's memory of keys.
            switch error {
            case .illegalTransition, .fenced: if creation.id == nil, idempotencyKey != nil { return nil }
            default: break
            }
            throw error
        }
    }

    /// Does what a worker says, one after the other: the state if it is not final, the progress, the lines, the end.
    /// Any of it renews the lease, and brings back a task that was lost.
    package func change(
        _ id: TaskID, _ change: TaskChange, idempotencyKey: IdempotencyKey? = nil
    ) async throws(TaskError) -> TaskSnapshot {
        try await self.change(id, change, keys: TaskKeys(idempotencyKey), creates: false)
    }

    /// A worker's output is to come: a heartbeat, and what its lines look like.
    package func beginLog(_ id: TaskID, attempt: UInt64? = nil) async throws(TaskError) -> TaskLog {
        let snapshot = try await change(id, TaskChange(attempt: attempt))
        return TaskLog(id: id, attempt: attempt ?? snapshot.attempt ?? 1, lease: snapshot.lease)
    }

    /// The worker whose output it is is still there. A failure is nothing to tell: the next time comes soon.
    package func renew(_ log: TaskLog) async {
        _ = try? await change(log.id, TaskChange(attempt: log.attempt))
    }

    private func change(
        _ id: TaskID, _ change: TaskChange, keys: TaskKeys, creates: Bool
    ) async throws(TaskError) -> TaskSnapshot {
        var change = change
        for _ in 0..<Self.maximumTries {
            let view = try await view(of: id)
            // What was said of this attempt is not said of a later one, which may begin before we are done.
            if !creates, change.attempt == nil { change.attempt = view.life?.attempt }
            let plan: TaskPlan
            do {
                plan =
                    creates
                    ? try TaskMachine.plan(creating: change, on: view) : try TaskMachine.plan(change, on: view)
            } catch {
                guard try await wasDone(change, on: view, keys: keys) else { throw error }
                guard let life = view.life else { return TaskSnapshot(view) }
                return TaskSnapshot(try await settle(life, of: id))
            }
            if let snapshot = try await carryOut(plan, on: view, keys: keys) { return snapshot }
        }
        throw .busy
    }

    /// Whether the user's idempotency key has brought this about before. A publication asks that can't be accepted for any
    /// other reason.
    private func wasDone(_ change: TaskChange, on view: TaskView, keys: TaskKeys) async throws(TaskError) -> Bool {
        guard keys.areGiven, view.status != nil else { return false }
        let probe = Publication(
            channel: view.id.channel, event: TaskNames.state, data: "",
            keeping: .loggedAndRetained(TaskNames.stateKey), expect: Position.maximumOffset,
            idempotencyKey: keys.last(of: change))
        return try await publish([probe]) != nil
    }
}
