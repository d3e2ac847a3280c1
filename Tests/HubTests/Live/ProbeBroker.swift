import BrokerCore

/// A broker that counts what it is asked, and fails when it is told to.
final class ProbeBroker: Broker {
    struct Counts {
        var recoveries = 0
        var attachments = 0
        var failures = 0
        /// Calls that fail before the broker is well again.
        var failing = 0
        /// Recoveries wait here until they are let go.
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let base: any Broker
    private let state = Locked(Counts())

    init(_ base: any Broker) { self.base = base }

    var counts: Counts { state.withLock { $0 } }
    var events: BrokerEvents { base.events }

    /// The next so many recoveries and attachments fail.
    func fail(_ times: Int) { state.withLock { $0.failing = times } }

    /// From now on recoveries wait.
    func hold() { state.withLock { $0.isHolding = true } }

    /// They wait no more.
    func release() {
        let held = state.withLock { state in
            defer { (state.held, state.isHolding) = ([], false) }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    private func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.isHolding { state.held.append(continuation) }
                return !state.isHolding
            }
            if isOpen { continuation.resume() }
        }
    }

    private func fails() -> Bool {
        state.withLock { state in
            guard state.failing > 0 else { return false }
            state.failing -= 1
            state.failures += 1
            return true
        }
    }

    private func failIfTold() throws(BrokerError) {
        if fails() { throw .unavailable(reason: "told to fail") }
    }

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await base.publish(publications)
    }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery {
        state.withLock { $0.recoveries += 1 }
        try failIfTold()
        await pass()
        return try await base.recover(channel, from: start, limit: limit)
    }

    func attach(_ channels: [ChannelName]) async throws(BrokerError) {
        state.withLock { $0.attachments += 1 }
        try failIfTold()
        try await base.attach(channels)
    }

    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        try await base.inspect(channel)
    }
    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool { try await base.delete(channel) }
    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] { try await base.list(query) }
    func detach(_ channels: [ChannelName]) async { await base.detach(channels) }
    func ping() async throws(BrokerError) { try await base.ping() }
    func run() async throws { try await base.run() }
}
