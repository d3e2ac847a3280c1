package import BrokerCore

extension MemoryStore: TaskRegistry {
    package func record(_ entries: [TaskEntry]) async throws(BrokerError) {
        try state.withLock { state throws(BrokerError) in try state.record(entries) }
    }

    package func remove(_ channels: [ChannelName]) async throws(BrokerError) {
        state.withLock { state in
            for channel in channels { state.tasks.remove(channel) }
        }
    }

    package func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks {
        state.withLock { state in
            let due = state.tasks.claim(limit: limit, for: claim, now: state.clock.elapsed())
            return DueTasks(now: state.clock.wall(), channels: due)
        }
    }

    package func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] {
        state.withLock { $0.tasks.list(query) }
    }
}

extension StoreState {
    /// All of the entries, or none when there is no room for them.
    mutating func record(_ entries: [TaskEntry]) throws(BrokerError) {
        let (time, now) = (clock.wall(), clock.elapsed())
        guard makeRoom(for: tasks.cost(of: entries), now: now) else { throw full }
        for entry in entries { tasks.record(entry, time: time, now: now) }
    }
}
