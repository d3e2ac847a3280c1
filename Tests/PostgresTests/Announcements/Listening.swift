import BrokerCore
import Logging

@testable import PostgresBroker

/// A link with all that a broker would give it, and what came of it.
struct Listening {
    let link: ListenLink
    let queries: QueryPath
    let events = Journal<BrokerEvent>()
    let log = Journal<String>()

    /// - Parameters:
    ///   - listen: where notifications come from; `nil`: where queries go.
    ///   - isHasty: for tests in which time has to run out. Else there is time enough on a machine that is busy.
    init(_ url: String, listen: String? = nil, isHasty: Bool = false) throws {
        let seconds = isHasty ? 1 : 20
        func patient(_ url: String) -> String { "\(url)?connect_timeout=\(seconds)" }
        var options = try PostgresOptions(url: patient(url), listenURL: listen.map(patient))
        options.timeout = .seconds(seconds)
        options.canaryInterval = .milliseconds(200)
        queries = QueryPath(url, timeout: options.timeout)
        let log = log
        link = ListenLink(
            options: options, executor: executor,
            logger: Logger(label: "test") { _ in LogJournal(journal: log) },
            query: { [queries] in await queries.ask($0) }, events: { [events] in events.add($0) })
    }

    /// Opens the link, keeps it up during `body`, and closes it.
    func run(_ body: () async throws -> Void) async throws {
        try await link.open()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [link] in await link.run() }
            defer { group.cancelAll() }
            try await body()
        }
        await queries.close()
    }

    /// Says in the broker's words that a message was published.
    func announce(_ offset: Int, _ data: String, on channel: ChannelName) async -> Result<Rows, PostgresError> {
        let record = "\(offset) 1700 t message  \(data.utf8.count)\n\(data)"
        return await notify("+e \(channel) 1\n\(record)", of: channel)
    }

    func notify(_ payload: String, of channel: ChannelName) async -> Result<Rows, PostgresError> {
        let name = Bucket(of: channel).name(in: link.options.schema)
        return await queries.ask(Query("SELECT pg_notify($1, $2)", [.text(name), .text(payload)]))
    }

    /// The data that was announced so far.
    static func announced(_ events: [BrokerEvent]) -> [String] {
        events.compactMap { if case .published(let announcement) = $0 { announcement.message.data } else { nil } }
    }
}

/// The connection for queries: made when it is needed, to where the test says.
actor QueryPath {
    /// What was asked.
    nonisolated let asked = Listening.Journal<String>()
    private var url: String?
    private let timeout: Duration
    private var connection: PostgresConnection?

    init(_ url: String, timeout: Duration) { (self.url, self.timeout) = (url, timeout) }

    /// `nil`: nowhere.
    func move(to url: String?) {
        self.url = url
        connection?.close()
        connection = nil
    }

    func close() { move(to: nil) }

    nonisolated func ask(_ query: Query) async -> Result<Rows, PostgresError> {
        asked.add([query.sql])
        do throws(PostgresError) {
            return .success(try await connected().query(query, timeout: timeout))
        } catch {
            return .failure(error)
        }
    }

    private func connected() async throws(PostgresError) -> PostgresConnection {
        if let connection, connection.isOpen { return connection }
        guard let url, var target = try? ConnectionTarget(url) else {
            throw .unreachable(reason: "there is no way to the server")
        }
        target.connectTimeout = timeout
        let connection = try await PostgresConnection.connect(target, on: executor, logger: quiet)
        self.connection = connection
        return connection
    }
}

extension Listening {
    /// Values that come one after the other, and who waits for some of them.
    final class Journal<Entry: Sendable>: Sendable {
        private struct Waiter {
            let matches: @Sendable ([Entry]) -> Bool
            let continuation: CheckedContinuation<Void, Never>
        }

        private struct State {
            var entries: [Entry] = []
            var waiting: [Int: Waiter] = [:]
            var last = 0
        }

        private let state = Locked(State())

        var entries: [Entry] { state.withLock { $0.entries } }

        func add(_ news: [Entry]) {
            let ready = state.withLock { state in
                state.entries += news
                let all = state.entries
                let ready = state.waiting.filter { $0.value.matches(all) }
                for key in ready.keys { state.waiting[key] = nil }
                return ready.values.map(\.continuation)
            }
            for continuation in ready { continuation.resume() }
        }

        /// Waits until what has come matches, or the test's time is over.
        func until(_ matches: @escaping @Sendable ([Entry]) -> Bool) async {
            let key = state.withLock { state in
                state.last += 1
                return state.last
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOver = state.withLock { state in
                        if matches(state.entries) || Task.isCancelled { return true }
                        state.waiting[key] = Waiter(matches: matches, continuation: continuation)
                        return false
                    }
                    if isOver { continuation.resume() }
                }
            } onCancel: {
                let waiter = state.withLock { $0.waiting.removeValue(forKey: key) }
                waiter?.continuation.resume()
            }
        }
    }

    /// A logger whose lines a test can wait for: the message, and the reason if it has one.
    private struct LogJournal: LogHandler {
        let journal: Journal<String>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = event.metadata?.values.map { "\($0)" } ?? []
            journal.add([([event.message.description] + values).joined(separator: ": ")])
        }
    }
}
