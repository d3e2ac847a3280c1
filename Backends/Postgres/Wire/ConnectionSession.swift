import BrokerSupport
import CLibpq
import Glibc
import Logging

/// The thread's side of a connection: sends what the inbox holds, gives answers to those who wait, and watches the time.
///
// Touched on the executor's thread alone, but for what never changes.
final class ConnectionSession: Pollable, @unchecked Sendable {
    let executor: PollingExecutor
    private let place: String
    private let inbox: QueryInbox
    private let logger: Logger
    private let notifications: (@Sendable ([PostgresNotification]) -> Void)?

    /// `nil`: it has ended.
    private var connection: OpaquePointer?
    private var sender = QuerySender()
    /// Not sent yet: libpq copies all that does not go out whenever it tries to send more, so it gets the next query
    /// when the last one is out.
    private var waiting = FIFO<Submission>()
    private var underWay = FIFO<Submission>()
    /// Whether a query may go while another is under way. Not before it is known that no pooler stands in between:
    /// one that pools transactions parts us from the server's session when nothing is owed, also when it has passed on
    /// half a query; the other half would go to another session, and the answer to whoever gets this one.
    var isDirect = false
    /// Of the first of ``underWay``.
    private var assembly = AnswerAssembly()
    /// libpq holds bytes that the system did not take.
    private var isBlocked = false
    /// Bytes that the system holds for the other end, when it took the last of more than it had room for.
    private var unacknowledged = 0
    /// When something last came or went, or the first of ``underWay`` was sent.
    private var lastProgress = ContinuousClock.now
    /// Notifications that have not been given away.
    private var notified: [PostgresNotification] = []

    init(
        _ connection: OpaquePointer, place: String, inbox: QueryInbox, executor: PollingExecutor, logger: Logger,
        notifications: (@Sendable ([PostgresNotification]) -> Void)?
    ) {
        (self.connection, self.place, self.inbox, self.executor) = (connection, place, inbox, executor)
        (self.logger, self.notifications) = (logger, notifications)
    }

    func begin() {
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        // The session outlives the connection, which it closes itself.
        PQsetNoticeReceiver(
            connection,
            { pointer, notice in
                guard let pointer, let notice else { return }
                Unmanaged<ConnectionSession>.fromOpaque(pointer).takeUnretainedValue().heard(notice)
            }, pointer)
        executor.add(self)
        // What came behind the last word of the start stands in libpq's buffer, where poll(2) does not see it.
        receive()
    }

    // MARK: Sending

    /// Sends everything that waits in the inbox.
    func drain() {
        for submission in inbox.take() { waiting.append(submission) }
        feed()
    }

    private func feed() {
        while let connection, !isBlocked, let next = waiting.first {
            let mustWait = !isDirect || next.isScript || underWay.first?.isScript == true
            if mustWait && !underWay.isEmpty { return }
            _ = waiting.popFirst()
            if underWay.isEmpty { lastProgress = .now }
            underWay.append(next)
            guard sender.send(next.content, by: connection) else { return end(lost: connection) }
            flush(connection)
        }
    }

    private func flush(_ connection: OpaquePointer) {
        let wasBlocked = isBlocked
        // A failure is found when reading, where the server's last words are.
        isBlocked = PQflush(connection) == 1
        unacknowledged = wasBlocked && !isBlocked ? SendQueue.bytes(PQsocket(connection)) : 0
    }

    // MARK: Receiving

    var interest: pollfd {
        let events = isBlocked ? POLLIN | POLLOUT : POLLIN
        return pollfd(fd: connection.map { PQsocket($0) } ?? -1, events: Int16(events), revents: 0)
    }

    func ready(_ events: Int16) {
        guard let connection else { return }
        lastProgress = .now
        if isBlocked { flush(connection) }
        if events & ~Int16(POLLOUT) != 0 { receive() }
        feed()
    }

    private func receive() {
        guard let connection else { return }
        repeat {
            let isConnected = PQconsumeInput(connection) == 1
            let isSound = digest(connection)
            if !notified.isEmpty { giveNotifications() }
            guard isConnected && isSound else { return end(lost: connection) }
        } while TLSPending.isAny(connection)
        if isBlocked { flush(connection) }
    }

    /// Takes what libpq can make of the bytes that it has. `false`: the connection is of no more use.
    private func digest(_ connection: OpaquePointer) -> Bool {
        while true {
            let isBusy = PQisBusy(connection) == 1
            collectNotifications(connection)
            if isBusy || underWay.isEmpty { return true }
            if !notified.isEmpty { giveNotifications() }
            switch assembly.take(PQgetResult(connection), isScript: underWay.first?.isScript == true) {
            case .more: break
            case .whole: complete()
            case .scriptIsOver: guard endScript(connection) else { return false }
            case .broken: return false
            }
        }
    }

    private func complete() {
        guard let submission = underWay.popFirst() else { return }
        let answer = assembly.finish() ?? .failure(.unreachable(reason: "\(place): it gave no answer"))
        inbox.release(submission)
        submission.completion(answer)
    }

    /// All statements are answered, so a transaction that is still open was forgotten. `false`: it can't go on.
    private func endScript(_ connection: OpaquePointer) -> Bool {
        let status = PQtransactionStatus(connection)
        guard status != PQTRANS_INTRANS && status != PQTRANS_INERROR else {
            assembly.fail(ServerError(sqlState: "25001", message: "the script leaves its transaction open"))
            guard PQsendQuery(connection, "ROLLBACK") == 1 else { return false }
            flush(connection)
            return true
        }
        guard PQenterPipelineMode(connection) == 1 else { return false }
        complete()
        return true
    }

    private func collectNotifications(_ connection: OpaquePointer) {
        while let notification = PQnotifies(connection) {
            defer { PQfreemem(notification) }
            guard notifications != nil else { continue }
            notified.append(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra), processID: notification.pointee.be_pid))
        }
    }

    private func giveNotifications() {
        let given = notified
        notified.removeAll(keepingCapacity: given.count <= 1_000)
        notifications?(given)
    }

    /// A notice; also an error that comes while nothing is asked, which is the last.
    private func heard(_ notice: OpaquePointer) {
        guard let error = ServerError(notice) else { return }
        if ServerError.isLast(notice) { assembly.hear(last: error) }
        logger.debug("\(place) said", metadata: ["notice": "\(error)"])
    }

    // MARK: The end

    /// The server owes an answer and is silent.
    var deadline: ContinuousClock.Instant? { underWay.first.map { lastProgress + $0.timeout } }

    func expire() {
        guard let connection, let first = underWay.first else { return }
        let left = SendQueue.bytes(PQsocket(connection))
        guard left >= unacknowledged else {
            (unacknowledged, lastProgress) = (left, .now)
            return
        }
        QueryCancellation.send(for: connection)
        end("it did not answer within \(first.timeout.spelled)")
    }

    func abandon() { end("the executor has ended") }

    private func end(lost connection: OpaquePointer) {
        let message = OneLine.of(String(cString: PQerrorMessage(connection)))
        end(assembly.lastWords.map { "\($0)" } ?? (message.isEmpty ? "the connection was closed" : message))
    }

    func end(_ words: String) {
        guard let connection else { return }
        self.connection = nil
        executor.remove(self)
        PQfinish(connection)
        let reason = PostgresError.unreachable(reason: "\(place): \(words)")
        let late = inbox.end(reason)
        while let submission = underWay.popFirst() { submission.completion(.failure(reason)) }
        while let submission = waiting.popFirst() { submission.completion(.failure(reason)) }
        for submission in late { submission.completion(.failure(reason)) }
    }
}
