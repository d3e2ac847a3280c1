import BrokerCore

/// Renews leases in the registry, many with one call: while one is under way the next ones gather.
actor TaskRenewals {
    /// Leases whose last renewal is remembered, so that not every message renews; past it all are forgotten, which costs a
    /// renewal each.
    private static let maximumRemembered = 65_536
    /// Leases that wait for their renewal by a message. Past it they are not renewed: the sweep sees the message itself.
    private static let maximumWaiting = 65_536

    private let registry: any TaskRegistry
    private var waiting: [ChannelName: Renewal] = [:]
    private var renewed: [ChannelName: ContinuousClock.Instant] = [:]
    private var isFlushing = false

    private struct Renewal {
        var entry: TaskEntry
        var callers: [CheckedContinuation<Result<Void, BrokerError>, Never>] = []
    }

    init(registry: any TaskRegistry) { self.registry = registry }

    /// Returns when the lease is renewed: for a heartbeat, of which nothing else tells.
    func renew(_ entry: TaskEntry) async throws(BrokerError) {
        let result = await withCheckedContinuation { caller in
            var renewal = waiting[entry.channel] ?? Renewal(entry: entry)
            renewal.entry = entry
            renewal.callers.append(caller)
            waiting[entry.channel] = renewal
            flush()
        }
        try result.get()
    }

    /// Renews some time soon, if the last time was so long ago that it is worth it. The message that was written is
    /// what counts; that the registry knows saves the sweep a look.
    func noteMessage(_ entry: TaskEntry) {
        let now = ContinuousClock.now
        guard renewed[entry.channel].map({ now - $0 >= entry.due.renewalInterval }) ?? true,
            waiting.count < Self.maximumWaiting || waiting[entry.channel] != nil
        else { return }
        remember(entry.channel, now)
        waiting[entry.channel, default: Renewal(entry: entry)].entry = entry
        flush()
    }

    private func remember(_ channel: ChannelName, _ now: ContinuousClock.Instant) {
        if renewed.count >= Self.maximumRemembered { renewed.removeAll(keepingCapacity: true) }
        renewed[channel] = now
    }

    private func flush() {
        guard !isFlushing else { return }
        isFlushing = true
        Task {
            while !waiting.isEmpty { await flushOnce() }
            isFlushing = false
        }
    }

    private func flushOnce() async {
        let batch = Array(waiting.prefix(TaskEntry.maximumBatch))
        for (channel, _) in batch { waiting[channel] = nil }
        let result: Result<Void, BrokerError>
        do {
            try await registry.record(batch.map(\.value.entry))
            result = .success(())
        } catch { result = .failure(error) }
        for (_, renewal) in batch {
            for caller in renewal.callers { caller.resume(returning: result) }
        }
    }
}
