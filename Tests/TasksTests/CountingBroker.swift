import BrokerCore
import MemoryBroker

/// A memory broker that counts what it is asked, and can be told to fail.
final class CountingBroker: Broker {
    struct Calls: Equatable {
        var publish = 0
        var messages = 0
        var recover = 0
        var inspect = 0
        var record = 0
        var entries = 0
        var claim = 0
        var list = 0
    }

    let inner: MemoryBroker
    private let registry: CountingRegistry
    fileprivate let state = Locked<(calls: Calls, failing: Bool)>((Calls(), false))
    private let keyed = Locked(0)
    private let meanwhile = Locked<(@Sendable () async throws -> Void)?>(nil)
    private let beforehand = Locked<(@Sendable () async throws -> Void)?>(nil)
    private let waits = Locked<[Duration]>([])

    /// - Parameter sharesClaims: whoever asks for what is due gets every task, an hour late.
    init(sharesClaims: Bool = false) {
        inner = MemoryBroker(store: MemoryStore(settings: BrokerSettings()))
        registry = CountingRegistry(
            inner: inner.tasks, sharesClaims: sharesClaims, state: state, meanwhile: meanwhile, waits: waits)
    }

    /// How many messages came with an idempotency key.
    var keyedMessages: Int { keyed.withLock { $0 } }
    /// How long each entry was to wait that was recorded.
    var recordedWaits: [Duration] { waits.withLock { $0 } }

    /// Does something just before the registry is next written, when whoever writes it has made up its mind.
    func beforeNextWrite(_ body: @escaping @Sendable () async throws -> Void) { meanwhile.withLock { $0 = body } }

    var calls: Calls { state.withLock { $0.calls } }

    func reset() { state.withLock { $0.calls = Calls() } }
    func fail(_ failing: Bool) { state.withLock { $0.failing = failing } }

    /// Does something just before the next publication, when whoever publishes has made up its mind.
    func beforeNextPublication(_ body: @escaping @Sendable () async throws -> Void) {
        beforehand.withLock { $0 = body }
    }

    var events: BrokerEvents { inner.events }
    var tasks: any TaskRegistry { registry }

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        state.withLock {
            $0.calls.publish += 1
            $0.calls.messages += publications.count
        }
        keyed.withLock { $0 += publications.count { $0.idempotencyKey != nil } }
        let body = beforehand.withLock { $0.take() }
        try? await body?()
        return await inner.publish(publications)
    }

    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) async throws(BrokerError) -> Recovery
    {
        state.withLock { $0.calls.recover += 1 }
        return try await inner.recover(channel, from: start, limit: limit)
    }

    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        state.withLock { $0.calls.inspect += 1 }
        let status = try await inner.inspect(channel)
        // The answer takes its time, in which others act.
        for _ in 0..<50 { await Task.yield() }
        return status
    }

    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool { try await inner.delete(channel) }
    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] { try await inner.list(query) }
    func attach(_ channels: [ChannelName]) async throws(BrokerError) { try await inner.attach(channels) }
    func detach(_ channels: [ChannelName]) async { await inner.detach(channels) }
    func ping() async throws(BrokerError) { try await inner.ping() }
    func run() async throws { try await inner.run() }
}

/// Its registry; a call takes a moment, as over a network.
struct CountingRegistry: TaskRegistry {
    let inner: any TaskRegistry
    let sharesClaims: Bool
    fileprivate let state: Locked<(calls: CountingBroker.Calls, failing: Bool)>
    fileprivate let meanwhile: Locked<(@Sendable () async throws -> Void)?>
    fileprivate let waits: Locked<[Duration]>

    private func interpose() async {
        let body = meanwhile.withLock { $0.take() }
        try? await body?()
    }

    func record(_ entries: [TaskEntry]) async throws(BrokerError) {
        let failing = state.withLock {
            $0.calls.record += 1
            $0.calls.entries += entries.count
            return $0.failing
        }
        if failing { throw .unavailable(reason: "down") }
        await interpose()
        for _ in 0..<50 { await Task.yield() }
        waits.withLock { $0 += entries.map(\.due) }
        try await inner.record(entries)
    }

    func remove(_ channels: [ChannelName]) async throws(BrokerError) {
        await interpose()
        try await inner.remove(channels)
    }

    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks {
        let failing = state.withLock {
            $0.calls.claim += 1
            return $0.failing
        }
        if failing { throw .unavailable(reason: "down") }
        var due = try await inner.claimDue(limit: limit, for: claim)
        guard sharesClaims else { return due }
        due.channels = try await inner.list(TaskEntryQuery()).map(\.channel)
        due.now += 3_600_000
        return due
    }

    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] {
        state.withLock { $0.calls.list += 1 }
        return try await inner.list(query)
    }
}
