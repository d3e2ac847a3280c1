import BrokerSupport
import CLibpq
import Glibc
import Logging

/// One attempt to connect to one address, by `PQconnectPoll` (libpq's manual, "Database Connection Control
/// Functions").
// Touched on the executor's thread alone, but for what never changes.
final class ConnectAttempt: Pollable, @unchecked Sendable {
    private let options: [String: String]
    private let timeout: Duration
    private let executor: PollingExecutor
    private let logger: Logger
    private let notifications: (@Sendable ([PostgresNotification]) -> Void)?

    private var connection: OpaquePointer?
    /// Connected, and not finished yet.
    private var session: ConnectionSession?
    private var continuation: CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>?
    private var events = Int16(POLLOUT)
    private var isCancelled = false
    private(set) var deadline: ContinuousClock.Instant?

    init(
        options: [String: String], timeout: Duration, executor: PollingExecutor, logger: Logger,
        notifications: (@Sendable ([PostgresNotification]) -> Void)?
    ) {
        (self.options, self.timeout, self.executor, self.logger) = (options, timeout, executor, logger)
        self.notifications = notifications
    }

    func run() async -> Result<PostgresConnection, PostgresError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in executor.execute { [self] in start(continuation) } }
        } onCancel: {
            executor.execute { [self] in
                isCancelled = true
                session?.end("connecting was cancelled")
                if connection != nil { fail("connecting was cancelled") }
            }
        }
    }

    private var place: String {
        "PostgreSQL at \(options["host"] ?? options["hostaddr"] ?? ""):\(options["port"] ?? "")"
    }

    private func start(_ continuation: CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>) {
        self.continuation = continuation
        if isCancelled { return fail("connecting was cancelled") }
        connection = ConnectStart.start(options)
        guard let connection else { return fail("out of memory") }
        // Shows the codes of errors, which libpq tells in no other way as long as there is no connection.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        guard PQstatus(connection) != CONNECTION_BAD else { return fail() }
        deadline = .now + timeout
        executor.add(self)
    }

    // MARK: Polling

    /// libpq changes its socket when it tries again without TLS.
    var interest: pollfd { pollfd(fd: connection.map { PQsocket($0) } ?? -1, events: events, revents: 0) }

    func ready(_ events: Int16) {
        guard let connection else { return }
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_READING: self.events = Int16(POLLIN)
        case PGRES_POLLING_WRITING: self.events = Int16(POLLOUT)
        case PGRES_POLLING_OK: succeed(connection)
        default: fail()
        }
    }

    func expire() { fail("no connection within \(timeout.spelled)") }

    func abandon() { fail("the executor has ended") }

    // MARK: The end

    private func succeed(_ connection: OpaquePointer) {
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else { return fail() }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        executor.remove(self)
        self.connection = nil
        let server = ServerDescription(connection)
        let inbox = QueryInbox(place: place)
        let session = ConnectionSession(
            connection, place: place, inbox: inbox, executor: executor, logger: logger, notifications: notifications)
        self.session = session
        session.begin()
        finish(PostgresConnection(session: session, inbox: inbox, server: server), session)
    }

    /// Finds out whether who greeted us is who answers: a pooler greets in the name of no process, and lends the
    /// sessions of several.
    private func finish(_ connection: PostgresConnection, _ session: ConnectionSession) {
        let left = deadline.map { $0 - .now } ?? timeout
        connection.submit(Query("SELECT pg_backend_pid()"), timeout: left) { [self] answer in
            self.session = nil
            finish(
                answer.map { rows in
                    session.isDirect = rows.int(0, 0) == Int64(connection.server.processID)
                    return connection
                })
        }
    }

    private func fail(_ words: String? = nil) {
        let error = words.map { PostgresError.unreachable(reason: "\(place): \($0)") } ?? refusal()
        executor.remove(self)
        PQfinish(connection)
        connection = nil
        finish(.failure(error))
    }

    private func finish(_ result: Result<PostgresConnection, PostgresError>) {
        continuation.take()?.resume(returning: result)
    }

    private func refusal() -> PostgresError {
        let message = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        if PQconnectionNeedsPassword(connection) == 1 {
            return .server(ServerError(sqlState: "28P01", message: "\(place): it wants a password, and none is given"))
        }
        if var error = ServerError(refusal: message) {
            error.message = "\(place): \(error.message)"
            return .server(error)
        }
        let last = message.split(separator: "connection to server").last.map { String($0) } ?? ""
        let words = last.firstRange(of: " failed: ").map { String(last[$0.upperBound...]) } ?? message
        return .unreachable(reason: "\(place): \(OneLine.of(words))")
    }
}

extension ServerDescription {
    fileprivate init(_ connection: OpaquePointer) {
        func text(_ value: UnsafePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        self.init(
            host: text(PQhost(connection)), port: Int(text(PQport(connection))) ?? 0, database: text(PQdb(connection)),
            user: text(PQuser(connection)), version: Int(PQserverVersion(connection)),
            processID: PQbackendPID(connection), encoding: text(PQparameterStatus(connection, "server_encoding")),
            isEncrypted: PQsslInUse(connection) == 1)
    }
}
