import BrokerCore
import Logging
import RealServers

@testable import PostgresBroker

/// A link with all that a broker would give it, and what came of it.
struct Listening {
    let link: ListenLink
    let queries: QueryPath
    let events = Journal<BrokerEvent>()
    let log = Journal<String>()
    private let isHasty: Bool

    /// - Parameters:
    ///   - listen: where notifications come from; `nil`: where queries go.
    ///   - isHasty: for tests in which time has to run out. Else there is time enough on a machine that is busy.
    init(_ url: String, listen: String? = nil, isHasty: Bool = false) throws {
        self.isHasty = isHasty
        let seconds = isHasty ? 1 : 20
        func patient(_ url: String) -> String { "\(url)?connect_timeout=\(seconds)" }
        var options = try PostgresOptions(url: patient(url), listenURL: listen.map(patient))
        options.timeout = .seconds(seconds)
        options.canaryInterval = .milliseconds(200)
        queries = QueryPath(url, timeout: options.timeout)
        link = ListenLink(
            options: options, executor: executor, logger: Logger(to: log),
            query: { [queries] in await queries.ask($0) }, events: { [events] in events.add($0) })
    }

    /// Opens the link, keeps it up during `body`, and closes it.
    func run(_ body: () async throws -> Void) async throws {
        try await open()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [link] in await link.run() }
            defer { group.cancelAll() }
            try await body()
        }
        await queries.close()
    }

    /// What is hasty may lack the time for a server on a machine that is busy; then it tries again.
    private func open() async throws {
        while isHasty && !Task.isCancelled {
            if (try? await link.open()) != nil { return }
        }
        try await link.open()
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
    nonisolated let asked = Journal<String>()
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
        let connection = try await PostgresConnection.connect(target, on: executor, logger: .silent)
        self.connection = connection
        return connection
    }
}
