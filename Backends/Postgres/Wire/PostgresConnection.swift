import BrokerCore
import Logging

/// A connection to one server, ready to use, in libpq's pipeline mode: queries of all threads go out one behind the
/// other without waiting for answers, each its own transaction; answers come in order. Behind a pooler each query waits
/// for the answer to the one before.
///
/// A server that owes an answer and sends nothing for the query's timeout is taken for gone: the connection ends, and
/// all that is under way fails. A connection that has ended stays so; it is for its owner to open another.
///
/// Everything of libpq happens on the executor's thread; every method may be called from anywhere. The owner closes it;
/// it does not close by being forgotten.
final class PostgresConnection: Sendable {
    typealias Completion = @Sendable (Result<Rows, PostgresError>) -> Void

    /// Queries without an answer, at most; above it a query fails at once.
    static let maximumUnderWay = 16_384
    /// The bytes of these, at most.
    static let maximumBytesUnderWay = 128 << 20

    let server: ServerDescription
    private let session: ConnectionSession
    private let inbox: QueryInbox

    /// Connects to the first host of the target that lets us in, with the target's time for each of its addresses.
    ///
    /// - Parameter notifications: what `NOTIFY` sends, on the executor's thread, in the order of arrival, as much at
    ///   once as one read has brought; always before the answers that the server sent behind it. It must not block.
    /// - Throws: `server` when one host answered and refused us (password, no such database, too many connections…),
    ///   else `unreachable`; also when the task is cancelled.
    static func connect(
        _ target: ConnectionTarget, on executor: PollingExecutor, logger: Logger,
        notifications: (@Sendable ([PostgresNotification]) -> Void)? = nil
    ) async throws(PostgresError) -> PostgresConnection {
        try await Connector(target: target, executor: executor, logger: logger).connect(notifications)
    }

    init(session: ConnectionSession, inbox: QueryInbox, server: ServerDescription) {
        (self.session, self.inbox, self.server) = (session, inbox, server)
    }

    /// `false` from the moment it ends.
    var isOpen: Bool { inbox.isOpen }

    /// Queries that have no answer yet, and about their bytes.
    var underWay: (queries: Int, bytes: Int) { inbox.underWay }

    /// Sends a query; it is a transaction of its own, and is answered when that is committed.
    ///
    /// - Parameters:
    ///   - timeout: how long the server may be silent when it is this query's turn.
    ///   - completion: called once, on the executor's thread, or on the caller's when the query can't be sent. It must
    ///     not block; it may submit.
    func submit(_ query: Query, timeout: Duration, completion: @escaping Completion) {
        submit(Submission(.query(query), timeout: timeout, completion: completion))
    }

    /// Sends a query, and waits for the answer. Ends in time whether or not the task is cancelled.
    func query(_ query: Query, timeout: Duration) async throws(PostgresError) -> Rows {
        try await withCheckedContinuation { continuation in
            submit(query, timeout: timeout) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Runs many statements by the simple protocol, when all that was submitted before is answered: one transaction,
    /// unless it says `BEGIN`. A transaction that it leaves open is rolled back, and is an error (25001).
    func script(_ sql: String, timeout: Duration) async throws(PostgresError) {
        _ = try await withCheckedContinuation { continuation in
            submit(Submission(.script(sql), timeout: timeout) { continuation.resume(returning: $0) })
        }.get()
    }

    /// Waits for the end, and gives the reason: `unreachable`, with the server's last words if it said why.
    func waitUntilClosed() async -> PostgresError { await inbox.ending() }

    /// Ends the connection; what is under way fails with `unreachable`.
    func close(reason: String = "the connection was closed") {
        session.executor.execute { [session] in session.end(reason) }
    }

    private func submit(_ submission: Submission) {
        switch inbox.add(submission) {
        case .accepted(let wake): if wake { session.executor.execute { [session] in session.drain() } }
        case .refused(let error): submission.completion(.failure(error))
        }
    }
}
