import BrokerCore
import BrokerSupport
import Logging

/// The connection over which announcements come, kept up. After each loss everything that is wanted is listened to again
/// before continuity is said to be restored.
///
/// A canary, a notification to ourselves that is sent over the connection for queries, shows with each new connection
/// and then every few seconds that announcements do arrive; where it does not, the connection is given up.
///
/// Events are handed on where they arrive, on the executor's thread.
final class ListenLink: Sendable {
    /// Takes events in order, all that came at once in one call. Called under the link's lock: it must be quick, and not
    /// call back.
    typealias Sink = @Sendable ([BrokerEvent]) -> Void
    /// Asks over the connection for queries; answers in bounded time.
    typealias Ask = @Sendable (Query) async -> Result<Rows, PostgresError>

    struct State {
        var table = ListenTable()
        var pointers = PointerFetch()
        /// Counts connections, tried ones included: what an older one still says is not heard.
        var generation = 0
        /// The present connection, or one that is being tried.
        var connection: PostgresConnection?
        /// Why there is no connection.
        var reason = ListenError.connection(.unreachable(reason: "Postgres is not connected yet"))
        var waiters: [ListenTable.Waiter: CheckedContinuation<Void, Never>] = [:]
        var lastWaiter = 0
        /// The last that was sent.
        var canary: Canary?
    }

    let state = Locked(State())
    let options: PostgresOptions
    let executor: PollingExecutor
    let logger: Logger
    let ask: Ask
    private let shared: SharedWait
    /// The name of the canary's notifications, of this link alone.
    let canaryName: String
    let trips = SharedWork<Result<Void, ListenError>>()
    private let sink: Sink
    private let foreign: ForeignLog

    /// - Parameters:
    ///   - query: asks over the connection for queries; `unreachable` at once while there is none.
    ///   - shared: the waits of all connections to the same server.
    ///   - events: takes events in order.
    init(
        options: PostgresOptions, executor: PollingExecutor, logger: Logger, query: @escaping Ask,
        shared: SharedWait = SharedWait(), events: @escaping Sink
    ) {
        (self.options, self.executor, self.logger, self.shared) = (options, executor, logger, shared)
        (ask, sink) = (query, events)
        foreign = ForeignLog(
            "Postgres: a notification that is no announcement was dropped", key: "name", logger: logger)
        canaryName = "\(options.schema)_canary_\(Epoch.random())"
    }

    /// The first connection, and a canary's round trip over it.
    func open() async throws(ListenError) { _ = try await connect() }

    /// Keeps the link up, and sends the canary, until the task is cancelled; then it is down for good.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watch() }
            await Upkeep(of: "Postgres", purpose: "announcements", logger: logger, shared: shared).run(present) {
                state.withLock { $0.reason }
            } connect: { () async throws(ListenError) in
                try await self.connect()
            }
            group.cancelAll()
        }
    }

    /// Returns when the server has confirmed all, or when their loss has been told. While the link is down that is at
    /// once.
    func attach(_ names: [ChannelName]) async {
        await withCheckedContinuation { continuation in
            change { state in
                state.lastWaiter += 1
                state.waiters[state.lastWaiter] = continuation
                return state.table.attach(names, waiter: state.lastWaiter)
            }
        }
    }

    func detach(_ names: [ChannelName]) {
        change { state in
            state.pointers.forget(names)
            return state.table.detach(names)
        }
    }

    /// Gives up the connection, for one to the server that is the primary now.
    func relocate(_ reason: String) {
        drop(state.withLock { $0.generation }, .connection(.unreachable(reason: reason)))
    }

    /// The server at the other end; `nil` while there is none.
    var server: ServerDescription? { state.withLock { $0.connection?.server } }

    private var present: ListenConnection? { state.withLock { $0.connection.map { ListenConnection($0) } } }
}

// MARK: What happens

extension ListenLink {
    /// All that one read brought.
    func received(_ notifications: [PostgresNotification], _ generation: Int) {
        change { state in
            var effects = ListenEffects()
            guard generation == state.generation else { return effects }
            for notification in notifications { take(notification, &state, &effects) }
            return effects
        }
    }

    private func take(_ notification: PostgresNotification, _ state: inout State, _ effects: inout ListenEffects) {
        if notification.channel == canaryName {
            state.canary?.noteArrival(notification.payload)
            return
        }
        var payload = notification.payload
        let sections = payload.withUTF8 { bytes in
            NotificationReader.sections(bytes) { state.table.isWanted($0) }
        }
        guard let sections else { return foreign.note(notification.channel) }
        for section in sections { state.pointers.take(section, &effects) }
    }

    /// The server has answered a LISTEN or UNLISTEN.
    private func answered(_ bucket: Bucket, _ result: Result<Rows, PostgresError>, _ generation: Int) {
        switch result {
        case .success:
            change { state in
                guard generation == state.generation else { return ListenEffects() }
                return state.table.answered(bucket)
            }
        case .failure(let error): drop(generation, .connection(error))
        }
    }

    /// The connection for queries has answered what a pointer asked.
    private func fetched(_ ticket: PointerFetch.Ticket, _ records: [Record]?) {
        change { state in
            var effects = ListenEffects()
            state.pointers.answered(ticket, records, &effects)
            return effects
        }
    }

    /// Gives up the connection of this generation, if it is the present one: loss is told at once.
    func drop(_ generation: Int, _ reason: ListenError) {
        var connection: PostgresConnection?
        change { state in
            guard generation == state.generation, state.connection != nil else { return ListenEffects() }
            connection = state.connection.take()
            state.generation += 1
            state.reason = reason
            state.canary?.end(reason)
            state.canary = nil
            state.pointers.forgetAll()
            return state.table.lost()
        }
        connection?.close(reason: reason.words)
    }

    /// Changes the state, and does what follows: events in the order of the changes, then the rest.
    func change(_ body: (inout State) -> ListenEffects) {
        let (effects, finished, connection, generation) = state.withLock { state in
            let effects = body(&state)
            if !effects.events.isEmpty { sink(effects.events) }
            let finished = effects.finished.compactMap { state.waiters.removeValue(forKey: $0) }
            return (effects, finished, state.connection, state.generation)
        }
        for command in effects.commands { send(command, over: connection, generation) }
        for (ticket, pointer) in effects.fetches {
            Task { fetched(ticket, await fetch(pointer)) }
        }
        for waiter in finished { waiter.resume() }
    }

    /// There is at most one command of a bucket under way, so their order is of no account.
    private func send(_ command: ListenTable.Command, over connection: PostgresConnection?, _ generation: Int) {
        let (verb, bucket) =
            switch command {
            case .listen(let bucket): ("LISTEN", bucket)
            case .unlisten(let bucket): ("UNLISTEN", bucket)
            }
        let query = Query("\(verb) \"\(bucket.name(in: options.schema))\"")
        connection?.submit(query, timeout: options.timeout) { self.answered(bucket, $0, generation) }
    }
}
