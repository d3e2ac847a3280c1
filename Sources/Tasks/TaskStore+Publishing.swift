import BrokerCore

extension TaskStore {
    /// Publishes the plan. `nil`: the task has changed in the meantime, so there must be a new plan.
    func carryOut(_ plan: TaskPlan, on view: TaskView, keys: TaskKeys) async throws(TaskError) -> TaskSnapshot? {
        try checkSizes(of: plan, on: view)
        if view.life == nil { try await forgetWishes(of: view.id) }
        try await announce(plan.back ?? plan.state, on: view)
        var expect = view.expect
        // The expected offset alone guards what brings a task back: as often as it is lost.
        for (life, key) in [(plan.back, nil), (plan.state, keys.state)] {
            guard let life else { continue }
            guard let receipts = try await publish([message(life, of: view.id, expect: expect, key: key)]) else {
                return nil
            }
            expect = receipts[0].position.offset
        }
        let carried = carried(plan, on: view.id, keys: keys)
        guard let receipts = try await publish(carried) else { return nil }
        if let end = plan.end {
            let last = message(end, of: view.id, expect: expect, key: keys.state)
            guard try await publish([last]) != nil else { return nil }
        }
        return try await conclude(plan, on: view, receipts)
    }

    /// Publishes in order. `nil`: one of them was refused because the task is no longer what it was.
    func publish(_ publications: [Publication]) async throws(TaskError) -> [Receipt]? {
        guard !publications.isEmpty else { return [] }
        var receipts: [Receipt] = []
        for answer in await broker.publish(publications) {
            switch answer {
            case .success(let receipt): receipts.append(receipt)
            case .failure(.conflict), .failure(.fenced), .failure(.closed): return nil
            case .failure(let error): throw .broker(error)
            }
        }
        return receipts
    }

    func message(_ life: TaskLife, of id: TaskID, expect: UInt64, key: IdempotencyKey? = nil) -> Publication {
        Publication(
            channel: id.channel, event: TaskNames.state, data: life.json, format: .json,
            keeping: .loggedAndRetained(TaskNames.stateKey), expect: expect, fence: life.attempt,
            closes: life.state.isFinal, idempotencyKey: key)
    }

    /// What was on the control channel before the task came to be was meant for another, of the same name and perhaps of
    /// the same attempt: the control channel may live longer than the task.
    private func forgetWishes(of id: TaskID) async throws(TaskError) {
        do { _ = try await broker.delete(id.control) } catch { throw .broker(error) }
    }

    /// A lease is looked after from before it begins: if we die between the two, and the worker with us, somebody notices.
    private func announce(_ life: TaskLife?, on view: TaskView) async throws(TaskError) {
        guard let life, let lease = life.runningLease, lease != view.life?.runningLease else { return }
        do { try await broker.tasks.record([entry(for: life, of: view.id)]) } catch { throw .broker(error) }
    }

    private func carried(_ plan: TaskPlan, on id: TaskID, keys: TaskKeys) -> [Publication] {
        let isAlone = plan.end == nil && plan.log.count + (plan.progress == nil ? 0 : 1) == 1
        // One message that we have published is never published again; of several, or before an end, some may be.
        let keys = keys.areGiven || !isAlone ? keys : nil
        var publications: [Publication] = []
        if let progress = plan.progress {
            publications.append(
                Publication(
                    channel: id.channel, event: TaskNames.progress, data: progress.json, format: .json,
                    keeping: .conflated(TaskNames.progressKey), fence: plan.attempt, idempotencyKey: keys?.progress))
        }
        for (index, line) in plan.log.enumerated() {
            publications.append(
                Publication(
                    channel: id.channel, event: .log, data: line, fence: plan.attempt,
                    idempotencyKey: keys?.line(index)))
        }
        return publications
    }

    /// What the first of several messages did is not undone when a later one is too long: so all are measured first.
    private func checkSizes(of plan: TaskPlan, on view: TaskView) throws(TaskError) {
        let data = [plan.progress?.json, plan.end?.json].compactMap(\.self) + plan.log
        let state = plan.state.map { life in
            life.json.utf8.count + (life.saysMore(than: view.life) ? Self.reservedBytes(in: life.state) : 0)
        }
        let longest = max(state ?? 0, data.map(\.utf8.count).max() ?? 0)
        guard longest > messageBytes else { return }
        throw .broker(.tooLarge(bytes: longest, limit: messageBytes))
    }

    private func conclude(
        _ plan: TaskPlan, on view: TaskView, _ receipts: [Receipt]
    ) async throws(TaskError) -> TaskSnapshot {
        guard let life = view.life, plan.back == nil, plan.state == nil, plan.end == nil else {
            guard let life = plan.end ?? plan.state ?? plan.back else { return try await snapshot(of: view.id) }
            return TaskSnapshot(try await settle(life, of: view.id))
        }
        if life.runningLease != nil { try await renew(entry(for: life, of: view.id), silently: receipts.isEmpty) }
        return try await snapshot(after: plan, on: view, receipts)
    }

    /// - Parameter silently: no message tells of the worker.
    private func renew(_ entry: TaskEntry, silently: Bool) async throws(TaskError) {
        guard silently else { return await renewals.noteMessage(entry) }
        do { try await renewals.renew(entry) } catch { throw .broker(error) }
    }

    /// Where nothing came in between, what is new is what was published: nobody needs to look again.
    private func snapshot(
        after plan: TaskPlan, on view: TaskView, _ receipts: [Receipt]
    ) async throws(TaskError) -> TaskSnapshot {
        var snapshot = TaskSnapshot(view)
        guard let progress = plan.progress, let first = receipts.first else { return snapshot }
        guard !first.duplicate, first.position == snapshot.top.next else { return try await self.snapshot(of: view.id) }
        snapshot.progress = TaskSnapshot.Progress(progress.json, time: nil)
        snapshot.updated = nil
        snapshot.position = first.position
        snapshot.top = receipts.last?.position ?? first.position
        return snapshot
    }
}

extension Position {
    fileprivate var next: Position { Position(epoch: epoch, offset: offset + 1) }
}
