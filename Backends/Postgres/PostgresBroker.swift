package import BrokerCore
import BrokerSupport
import Logging

/// A handle on the channels in one schema of a PostgreSQL database.
///
/// A channel is a row, and publishing on it locks that row until the commit, so a channel's messages are announced in
/// the order of their offsets: `NOTIFY` tells of transactions in the order of their commits. When the server has been
/// started anew or replaced, a channel goes on in a new epoch whose predecessor says up to where it is the same log:
/// what a lost primary had acknowledged above that is a gap, never silently replaced.
package final class PostgresBroker: Broker {
    package let events: BrokerEvents
    package let tasks: any TaskRegistry
    private let options: PostgresOptions
    private let functions: Functions
    private let links: BrokerLinks
    private let listener: ListenLink
    private let executor: PollingExecutor
    private let background: @Sendable () async -> Void
    private let publications: PublishQueue
    private let faults: FaultLog

    /// A handle over connections that stand, see `open`.
    /// - Parameters:
    ///   - links: opened; ``run()`` keeps them up.
    ///   - listener: opened, and sending to `events`; ``run()`` runs it.
    ///   - executor: what carries all connections; it ends with ``run()``.
    ///   - background: what else is done for as long as the handle is run; returns when it is cancelled.
    init(
        options: PostgresOptions, links: BrokerLinks, listener: ListenLink, executor: PollingExecutor,
        events: BrokerEvents, logger: Logger,
        background: @escaping @Sendable () async -> Void
    ) {
        self.events = events
        self.options = options
        self.links = links
        self.listener = listener
        self.executor = executor
        self.background = background
        functions = Functions(schema: options.schema)
        tasks = PostgresTasks(functions: functions, links: links, timeout: options.timeout)
        faults = FaultLog(logger: logger)
        publications = PublishQueue(
            limits: .init(
                promptCalls: BrokerLinks.prompt, patientCalls: BrokerLinks.patient, timeout: options.timeout),
            send: Appending(functions: functions, links: links, timeout: options.timeout, faults: faults).send)
    }

    // MARK: The contract

    package func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await self.publications.publish(publications)
    }

    package func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery {
        try await ask(functions.recover(channel, from: start, limit: limit), on: channel) {
            Functions.recovery($0, of: channel, from: start)
        }
    }

    package func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        try await ask(functions.inspect(channel), on: channel) { Functions.status($0, of: channel) }
    }

    package func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool {
        let start = ContinuousClock.now
        while true {
            let query = functions.remove(channel, patience: PublishLanes.longestPatience)
            let result = await links.patient.query(query, timeout: options.timeout)
            if case .failure(let error) = result, error.refusal == .locked {
                guard ContinuousClock.now - start < options.timeout else { throw .lockedByAnother }
                continue
            }
            return try read(result, on: channel) { Functions.removal($0) }
        }
    }

    package func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] {
        // No name holds it, and no text of Postgres does.
        guard !query.prefix.utf8.contains(0) else { return [] }
        return try await ask(functions.list(query), on: nil) { Functions.summaries($0) }
    }

    package func attach(_ channels: [ChannelName]) async throws(BrokerError) { await listener.attach(channels) }

    package func detach(_ channels: [ChannelName]) async { listener.detach(channels) }

    package func ping() async throws(BrokerError) {
        do throws(PostgresError) {
            // The round trip goes over other connections than what is published.
            try links.prompt.check()
            try await listener.ping()
        } catch {
            throw BrokerError(error)
        }
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.links.run() }
            group.addTask { await self.listener.run() }
            group.addTask { await self.background() }
        }
        executor.shutdown()
        events.finish()
    }

    // MARK: Asking

    private func ask<Value: Sendable>(
        _ query: Query, on channel: ChannelName?, _ answer: (Rows) -> Value?
    ) async throws(BrokerError) -> Value {
        try read(await links.reading.query(query, timeout: options.timeout), on: channel, answer)
    }

    /// What an answer says. One of another shape is logged, and means that the channel is unavailable.
    private func read<Value>(
        _ result: Result<Rows, PostgresError>, on channel: ChannelName?, _ answer: (Rows) -> Value?
    ) throws(BrokerError) -> Value {
        switch result {
        case .success(let rows):
            if let value = answer(rows) { return value }
            let reason = "the schema \(options.schema) does not hold what Telltale writes"
            if let channel { faults.note(reason, on: channel) }
            throw .unavailable(reason: reason)
        case .failure(let error):
            if let channel, error.refusal == .request { faults.note(error.words, on: channel) }
            throw BrokerError(error)
        }
    }
}
