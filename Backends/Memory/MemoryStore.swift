package import BrokerCore

/// The channels of one process. Handles on the same store see the same channels, as two processes on one server would.
package final class MemoryStore: Sendable {
    /// 1 GiB.
    package static let defaultCapacity = 1 << 30

    let state: Locked<StoreState>

    /// - Parameters:
    ///   - capacity: bytes of data, and of what stands around it, that the store holds at most. At the bound publishing is
    ///     refused with ``BrokerError/unavailable(reason:)`` until something has expired or was deleted.
    ///   - clock: what time it is; tests move it by hand.
    package init(
        settings: BrokerSettings = BrokerSettings(), capacity: Int = MemoryStore.defaultCapacity,
        clock: MemoryClock = .system
    ) {
        state = Locked(StoreState(settings: settings, capacity: capacity, clock: clock))
    }

    /// What the store holds, in bytes, as it counts them towards its capacity.
    package var footprint: Int { state.withLock { $0.footprint } }

    /// Removes what has expired. Nothing depends on it but memory: what has expired is not found in any case.
    package func sweep() {
        while state.withLock({ $0.sweep(now: $0.clock.elapsed()) }) {}
    }

    func publish(_ publications: [Publication]) -> [Result<Receipt, BrokerError>] {
        state.withLock { state in
            defer { state.attachments.flush() }
            return publications.map { state.publish($0) }
        }
    }

    // Reads take what they need under the lock: a copy of a log that outlives it would make the next publication copy it all.

    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) -> Recovery {
        state.withLock { $0.recover(channel, from: start, limit: limit) }
    }

    func inspect(_ channel: ChannelName) -> ChannelStatus? {
        state.withLock { $0.inspect(channel) }
    }

    func delete(_ name: ChannelName) -> Bool {
        state.withLock { state in
            defer { state.attachments.flush() }
            return state.delete(name)
        }
    }

    func list(_ query: ChannelQuery) -> [ChannelSummary] {
        state.withLock { $0.list(query) }
    }

    func attach(_ listener: BrokerEvents, to channels: [ChannelName]) {
        state.withLock { state in
            for channel in channels { state.attachments.attach(listener, to: channel) }
        }
    }

    func detach(_ listener: BrokerEvents, from channels: [ChannelName]) {
        state.withLock { state in
            for channel in channels { state.attachments.detach(listener, from: channel) }
        }
    }

    func detachAll(_ listener: BrokerEvents) {
        state.withLock { $0.attachments.detachAll(listener) }
    }
}
