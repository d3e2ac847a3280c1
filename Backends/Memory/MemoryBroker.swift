package import BrokerCore

/// A handle on a ``MemoryStore``: the embedded broker, for one process and no longer than it lives.
package final class MemoryBroker: Broker {
    private static let sweepInterval = Duration.seconds(1)

    package let events: BrokerEvents
    private let store: MemoryStore

    package var tasks: any TaskRegistry { store }

    package init(store: MemoryStore, events: BrokerEvents = BrokerEvents()) {
        self.store = store
        self.events = events
    }

    deinit { store.detachAll(events) }

    package func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        store.publish(publications)
    }

    package func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery {
        store.recover(channel, from: start, limit: limit)
    }

    package func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        store.inspect(channel)
    }

    package func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool {
        store.delete(channel)
    }

    package func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] {
        store.list(query)
    }

    package func attach(_ channels: [ChannelName]) async throws(BrokerError) {
        store.attach(events, to: channels)
    }

    package func detach(_ channels: [ChannelName]) async {
        store.detach(events, from: channels)
    }

    /// The store is in this process and can't be away.
    package func ping() async throws(BrokerError) {}

    package func run() async throws {
        while (try? await Task.sleep(for: Self.sweepInterval)) != nil { store.sweep() }
        store.detachAll(events)
        events.finish()
    }
}
