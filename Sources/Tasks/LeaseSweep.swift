package import BrokerCore
package import Logging

/// Looks after tasks when it is time: moves those to `lost` whose lease has run out, and forgets those that are gone.
/// Every gateway runs one; of them all, one gets each task that is due.
package struct LeaseSweep: Sendable {
    /// Between two questions, give or take a tenth, so that gateways do not ask in step.
    package static let interval = Duration.milliseconds(500)
    /// For how long a task is one sweep's: longer than looking after a round of them takes.
    package static let claim = Duration.seconds(5)
    /// Tasks of one round.
    package static let roundLimit = 256
    /// Until the next look at a channel whose time is over, in milliseconds.
    private static let (shortestWait, longestWait): (Int64, Int64) = (1000, 3_600_000)

    private let store: TaskStore
    private let logger: Logger
    private let swept: @Sendable (Swept) -> Void

    /// What became of a task that was due.
    package enum Swept: String, CaseIterable, Sendable {
        /// Its lease had run out, and it was moved to `lost`.
        case lost
        /// Its channel was gone, and so is its entry.
        case forgotten
        /// It is to be looked after again, or someone else has just changed it.
        case kept
    }

    /// - Parameters:
    ///   - logger: hears at debug what was done; the default says nothing.
    ///   - swept: hears what became of each task.
    package init(
        store: TaskStore, logger: Logger = Logger(label: "tasks", factory: { _ in SwiftLogNoOpLogHandler() }),
        swept: @escaping @Sendable (Swept) -> Void = { _ in }
    ) {
        self.store = store
        self.logger = logger
        self.swept = swept
    }

    /// Until the task is cancelled.
    package func run() async {
        while (try? await Task.sleep(for: Self.interval * Double.random(in: 0.9...1.1))) != nil {
            do {
                while try await round() == Self.roundLimit, !Task.isCancelled {}
            } catch {
                logger.debug("leases not looked after", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Looks after what is due now, once.
    /// - Returns: how many tasks were due.
    @discardableResult
    package func round() async throws(BrokerError) -> Int {
        let due = try await store.broker.tasks.claimDue(limit: Self.roundLimit, for: Self.claim)
        let outcomes = await concurrently(due.channels, atMost: TaskStore.maximumLooks) { channel in
            // A broker that fails leaves the task to a later round.
            (try? await look(after: channel, now: due.now)) ?? .leave
        }
        var (gone, armed): ([ChannelName], [(entry: TaskEntry, view: TaskView)]) = ([], [])
        for outcome in outcomes {
            switch outcome {
            case .gone(let channel): gone.append(channel)
            case .arm(let entry, let view): armed.append((entry, view))
            case .lost, .leave: break
            }
            swept(outcome.swept)
        }
        if !gone.isEmpty { try await forget(gone) }
        if !armed.isEmpty { try await arm(armed) }
        return due.channels.count
    }

    private enum Outcome: Sendable {
        case gone(ChannelName)
        /// The task as it was seen, and when it is to be looked after again.
        case arm(TaskEntry, TaskView)
        case lost
        /// Someone else has just changed it, and says when it is due.
        case leave

        var swept: Swept {
            switch self {
            case .gone: .forgotten
            case .lost: .lost
            case .arm, .leave: .kept
            }
        }
    }

    /// No task, and nothing that names one.
    private func forget(_ channels: [ChannelName]) async throws(BrokerError) {
        let ids = channels.compactMap(id)
        if ids.count < channels.count { try await store.broker.tasks.remove(channels.filter { id(of: $0) == nil }) }
        // Whatever fails is due again.
        try? await store.forget(ids)
    }

    private func arm(_ armed: [(entry: TaskEntry, view: TaskView)]) async throws(BrokerError) {
        try await store.broker.tasks.record(armed.map(\.entry))
        // Whoever began a lease since we looked may have recorded it before us, and nothing would look after it for long.
        let late = armed.map(\.view).filter { $0.life?.runningLease == nil }
        _ = await concurrently(late, atMost: TaskStore.maximumLooks) { seen in
            guard let view = try? await store.view(of: seen.id), let life = view.life,
                life != seen.life
            else { return }
            _ = try? await store.settle(life, of: seen.id)
        }
    }

    /// Any namespace's: two gateways that name their tasks differently may share a broker.
    private func id(of channel: ChannelName) -> TaskID? {
        channel.namespace.flatMap { try? TaskNamespace(String($0)) }?.id(of: channel)
    }

    /// - Parameter now: milliseconds since 1970, by the broker's clock.
    private func look(after channel: ChannelName, now: Int64) async throws(BrokerError) -> Outcome {
        guard let id = id(of: channel), let status = try await store.broker.inspect(channel) else {
            return .gone(channel)
        }
        let view = TaskView(status, id: id)
        let heard = try await lastSign(of: view)
        guard let lost = TaskMachine.lose(view), let lease = lost.lease else {
            let life = store.lifetime(of: channel, closed: status.closed)
            return .arm(entry(view, due: life.wholeMilliseconds - (now - heard.any)), view)
        }
        let left = heard.worker + lease.wholeMilliseconds - now
        if left > 0 { return .arm(entry(view, due: left), view) }
        return await lose(lost, view) ? .lost : .leave
    }

    /// `false`: someone else was first, or the broker has failed.
    private func lose(_ task: TaskLife, _ view: TaskView) async -> Bool {
        var lost = task
        // Someone's own state may leave no room for what is added here. That it is lost matters more.
        if lost.json.utf8.count > store.messageBytes { (lost.meta, lost.result, lost.error) = (nil, nil, nil) }
        let published = try? await store.publish([store.message(lost, of: view.id, expect: view.expect)])
        guard published.flatMap(\.self) != nil else { return false }
        logger.debug("lease over", metadata: ["task": "\(view.id)", "attempt": "\(lost.attempt)"])
        // What is not recorded is due again when the claim is over.
        _ = try? await store.settle(lost, of: view.id)
        return true
    }

    /// - Parameter due: milliseconds. A channel that should be gone is about to go, or lives longer than is known here: it
    ///   is looked at at once, and then ever more seldom.
    private func entry(_ view: TaskView, due: Int64) -> TaskEntry {
        let wait = due > 0 ? due : min(max(Self.shortestWait, -due / 4), Self.longestWait)
        return TaskEntry(
            channel: view.id.channel, state: view.life?.state.rawValue ?? TaskSnapshot.unknown,
            due: .milliseconds(wait))
    }

    /// When the newest message of all was written, and the newest that tells of the worker: milliseconds since 1970.
    ///
    /// The state of a task that is to be cancelled tells nothing: a reader may have written it, and a worker who did has
    /// renewed its lease with it.
    private func lastSign(of view: TaskView) async throws(BrokerError) -> (any: Int64, worker: Int64) {
        let last = try await store.broker.recover(view.id.channel, from: .last(2), limit: .unlimited).messages
        let messages = last + (view.status?.retained ?? [])
        let wishes = view.life?.cancelRequested ?? false
        let signs = messages.filter { !(wishes && $0.retain == TaskNames.stateKey) }
        let any = messages.map(\.time).max() ?? 0
        return (any, max(view.life?.started ?? 0, signs.map(\.time).max() ?? 0))
    }
}
