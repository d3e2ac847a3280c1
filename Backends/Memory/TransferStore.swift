package import BrokerCore

extension MemoryStore: ChannelStore {
    package func channels(after name: ChannelName?) async throws(BrokerError) -> [ChannelSummary] {
        list(ChannelQuery(after: name))
    }

    package func export(
        _ channel: ChannelName, from place: TransferPlace, bytes: Int
    ) async throws(BrokerError) -> TransferPage? {
        state.withLock { $0.export(channel, from: place, bytes: bytes) }
    }

    package func tasks(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord] {
        state.withLock { state in
            let limit = TaskEntry.maximumBatch
            return state.tasks.records(after: record?.entry.channel, limit: limit, now: state.clock.elapsed())
        }
    }

    package func restore(_ tasks: [TaskRecord]) async throws(BrokerError) {
        state.withLock { state in
            for record in tasks { state.tasks.restore(record, now: state.clock.elapsed()) }
        }
    }

    package func restoration(of channel: ChannelName) async throws(BrokerError) -> any ChannelRestoration {
        MemoryRestoration(store: self)
    }
}

extension StoreState {
    mutating func export(_ name: ChannelName, from place: TransferPlace, bytes: Int) -> TransferPage? {
        let now = clock.elapsed()
        guard let channel = slot(of: name, now: now)?.channel else { return nil }
        return channel.export(
            from: place, bytes: bytes, keys: seen.keys(of: name, epoch: channel.epoch, now: now), now: now)
    }
}
