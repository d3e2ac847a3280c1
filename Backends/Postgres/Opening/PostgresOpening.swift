package import BrokerCore
import BrokerSupport
package import Logging

extension PostgresBroker {
    /// Connects, sees that server, database and role can be used, and puts the schema in place.
    /// - Throws: ``PostgresOpeningError``, one line that says which it is and what to do.
    package static func open(
        _ options: PostgresOptions, settings: BrokerSettings, logger: Logger
    ) async throws(PostgresOpeningError) -> PostgresBroker {
        let threads = BrokerThreads()
        let opening = PostgresOpening(options: options, settings: settings, executor: threads.queries, logger: logger)
        try await opening.run()
        return try await opening.connect(threads)
    }
}

/// The threads of a handle. They end with it.
private final class BrokerThreads: Sendable {
    let queries = PollingExecutor(name: "pg-queries")
    /// Apart, so that what is published is handed on whatever is asked.
    let announcements = PollingExecutor(name: "pg-listen")

    deinit {
        queries.shutdown()
        announcements.shutdown()
    }
}

/// The checks of a start.
struct PostgresOpening {
    let options: PostgresOptions
    let settings: BrokerSettings
    let executor: PollingExecutor
    let logger: Logger

    func run() async throws(PostgresOpeningError) {
        let identity = try await visit(options.target) { connection throws(Obstacle) in
            try await prepare(connection).facts
        }
        guard options.hasListenURL else { return }
        try await visit(options.listenTarget, of: listenKey) { connection throws(Obstacle) in
            try await compare(connection, with: identity)
        }
    }

    /// The handle, over connections that stand.
    fileprivate func connect(_ threads: BrokerThreads) async throws(PostgresOpeningError) -> PostgresBroker {
        let events = BrokerEvents()
        let (shared, mending) = (SharedWait(), mending)
        let links = BrokerLinks(
            options: options, executor: threads.queries, logger: logger, shared: shared, greet: greet,
            notice: mending.note)
        let listener = ListenLink(
            options: options, executor: threads.announcements, logger: logger,
            query: { [options] in await links.reading.query($0, timeout: options.timeout) }, shared: shared,
            events: events.send)
        let leader = Leader(
            options: options, executor: threads.queries, logger: logger, shared: shared, notice: mending.note)
        do throws(PostgresError) { try await links.open() } catch { throw .init(error, at: options.target) }
        do throws(ListenError) { try await listener.open() } catch { throw failure(error) }
        do throws(PostgresError) { try await leader.open() } catch { throw listenFailure(error) }
        let executor = threads.queries
        return PostgresBroker(
            options: options, links: links, listener: listener, executor: executor, events: events, logger: logger
        ) {
            await withDiscardingTaskGroup { group in
                group.addTask { await leader.run() }
                group.addTask { await mending.run() }
            }
            withExtendedLifetime(threads) {}
        }
    }

    /// A server that has become a standby since the start, or that can't be written to, is not one to use.
    private var greet: Link.Greeting {
        { [options] connection throws(PostgresError) in
            let rows = try await connection.query(ServerFacts.query, timeout: options.timeout)
            if let problem = ServerFacts(rows)?.problem { throw .unreachable(reason: problem) }
            // Where notifications come another way, this is one of a pooler's.
            guard !options.hasListenURL else { return }
            _ = try await connection.query(SessionSettings.neverIdleOut, timeout: options.timeout)
        }
    }

    private var mending: Mending {
        let queue = QueueAdvance(options: options, executor: executor, logger: logger)
        return Mending(advanceQueue: queue.run) { await reinstall() }
    }

    /// Puts a schema in place that has gone while the gateway ran.
    /// - Returns: why it can't be.
    private func reinstall() async -> String? {
        do throws(PostgresOpeningError) {
            let isNew = try await visit(options.target) { connection throws(Obstacle) in
                try await prepare(connection).isNew
            }
            if isNew { logger.warning("Postgres: the schema had gone, with all channels: it has been made anew") }
            return nil
        } catch {
            return error.description
        }
    }

    private func failure(_ error: ListenError) -> PostgresOpeningError {
        switch error {
        case .connection(let error): listenFailure(error)
        case .query(let error): PostgresOpeningError(error, at: options.target)
        case .silent:
            PostgresOpeningError(
                "notifications do not arrive, which is so behind a pooler that pools transactions: "
                    + "set broker.postgres.listen_url to the database's own address",
                at: options.listenTarget)
        }
    }

    private func listenFailure(_ error: PostgresError) -> PostgresOpeningError {
        PostgresOpeningError(error, at: options.listenTarget, of: listenKey)
    }

    /// What names the place where notifications come from, if not the broker's URL does.
    private var listenKey: String? { options.hasListenURL ? PostgresOptions.listenKey : nil }

    private func visit<Result>(
        _ target: ConnectionTarget, of key: String? = nil,
        _ body: (PostgresConnection) async throws(Obstacle) -> Result
    ) async throws(PostgresOpeningError) -> Result {
        do throws(Obstacle) {
            let connection = try await connect(target)
            defer { connection.close() }
            return try await body(connection)
        } catch {
            switch error {
            case .unusable(let words): throw PostgresOpeningError(words, at: target, of: key)
            case .failed(let error): throw PostgresOpeningError(error, at: target, of: key)
            }
        }
    }

    private func connect(_ target: ConnectionTarget) async throws(Obstacle) -> PostgresConnection {
        do throws(PostgresError) {
            return try await PostgresConnection.connect(target, on: executor, logger: logger)
        } catch {
            throw .failed(error)
        }
    }

    private func facts(_ connection: PostgresConnection) async throws(Obstacle) -> ServerFacts {
        let facts = try await connection.ask(ServerFacts.query) { ServerFacts($0) }
        if let problem = facts.problem { throw .unusable(problem) }
        return facts
    }

    /// - Returns: what the server and the database are, and whether the schema is a new one.
    private func prepare(
        _ connection: PostgresConnection
    ) async throws(Obstacle) -> (facts: ServerFacts, isNew: Bool) {
        let facts = try await facts(connection)
        let script = SchemaScript(schema: options.schema)
        let installation = SchemaInstallation(
            connection: connection, facts: facts, script: script, logger: logger, isSandbox: options.isSandbox)
        let isNew = try await installation.run()
        let problem = try await connection.ask(Grants.query(schema: options.schema)) { rows in
            Optional.some(Grants.problem(rows, schema: options.schema, user: facts.user))
        }
        if let problem { throw .unusable(problem) }
        let document = SettingsDocument.text(settings, publish: options.publish)
        let configure = Query("SELECT \(script.quoted).configure($1::text::jsonb)", [.text(document)])
        let haveChanged = try await connection.ask(configure) { $0.bool(0, 0) }
        if haveChanged, !isNew {
            logger.warning("Postgres: the settings of a gateway with others have been replaced")
        }
        return (facts, isNew)
    }

    private func compare(_ connection: PostgresConnection, with other: ServerFacts) async throws(Obstacle) {
        let facts = try await facts(connection)
        guard facts.identity != other.identity else { return }
        let (here, there) = (facts.database.asIdentifier, other.database.asIdentifier)
        let found = "database \(here)" + (here == there ? " of another server" : ", and broker.url to \(there)")
        throw .unusable("it leads to \(found): both have to lead to the same")
    }
}
