import BrokerCore

/// A broker that counts what it is asked, and fails when it is told to.
final class ProbeBroker: Broker {
    struct Counts {
        var recoveries = 0
        var attachments = 0
        /// Calls that are still to fail.
        var failingRecoveries = 0
        var failingAttachments = 0
        /// The channels' node is down: they are attached at once, and continuity of them is lost.
        var isNodeDown = false
        var unattached: [ChannelName] = []
        /// Recoveries wait here until they are let go.
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []

        mutating func recover() -> Bool {
            recoveries += 1
            failingRecoveries -= 1
            return failingRecoveries >= 0
        }

        mutating func attach() -> Bool {
            attachments += 1
            failingAttachments -= 1
            return failingAttachments >= 0
        }
    }

    private let base: any Broker
    private let state = Locked(Counts())

    init(_ base: any Broker) { self.base = base }

    var counts: Counts { state.withLock { $0 } }
    var events: BrokerEvents { base.events }
    var tasks: any TaskRegistry { base.tasks }

    /// The next so many calls fail.
    func fail(attachments: Int, recoveries: Int) {
        state.withLock { ($0.failingAttachments, $0.failingRecoveries) = (attachments, recoveries) }
    }

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

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await base.publish(publications)
    }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery {
        if state.withLock({ $0.recover() }) { throw .unavailable(reason: "told to fail") }
        await pass()
        return try await base.recover(channel, from: start, limit: limit)
    }

    func attach(_ channels: [ChannelName]) async throws(BrokerError) {
        let (fails, isDown) = state.withLock { state in
            let fails = state.attach()
            if !fails, state.isNodeDown {
                state.unattached += channels
                // Under the lock: before the restoration of these channels, whoever comes to that first.
                events.send([.continuityLost(.channels(channels))])
            }
            return (fails, state.isNodeDown)
        }
        if fails { throw .unavailable(reason: "told to fail") }
        if !isDown { try await base.attach(channels) }
    }

    /// The node of the channels that are attached from now on is down.
    func loseNode() { state.withLock { $0.isNodeDown = true } }

    /// It is back.
    func restoreNode() async throws {
        let channels = state.withLock { state in
            defer { (state.isNodeDown, state.unattached) = (false, []) }
            return state.unattached
        }
        try await base.attach(channels)
        events.send([.continuityRestored(.channels(channels))])
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
