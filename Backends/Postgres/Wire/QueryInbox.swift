import BrokerCore

/// Where any thread leaves queries for the connection's thread. That is woken once, however many come before it looks,
/// and what is under way is bounded.
final class QueryInbox: Sendable {
    enum Verdict {
        /// The thread has yet to be woken.
        case accepted(wake: Bool)
        case refused(PostgresError)
    }

    private struct State {
        var waiting: [Submission] = []
        var isWoken = false
        /// Queries that wait or are under way, and their bytes.
        var queries = 0
        var bytes = 0
        var ending: PostgresError?
        var watchers: [CheckedContinuation<PostgresError, Never>] = []
    }

    private let place: String
    private let maximumQueries: Int
    private let maximumBytes: Int
    private let state = Locked(State())

    /// - Parameter place: the server, for messages.
    init(
        place: String, maximumQueries: Int = PostgresConnection.maximumUnderWay,
        maximumBytes: Int = PostgresConnection.maximumBytesUnderWay
    ) {
        (self.place, self.maximumQueries, self.maximumBytes) = (place, maximumQueries, maximumBytes)
    }

    var isOpen: Bool { state.withLock { $0.ending == nil } }

    var underWay: (queries: Int, bytes: Int) { state.withLock { ($0.queries, $0.bytes) } }

    func add(_ submission: Submission) -> Verdict {
        state.withLock { state in
            if let ending = state.ending { return .refused(ending) }
            guard state.queries < maximumQueries, state.bytes + submission.size <= maximumBytes else {
                return .refused(.unreachable(reason: "\(place): too much is under way"))
            }
            state.queries += 1
            state.bytes += submission.size
            state.waiting.append(submission)
            defer { state.isWoken = true }
            return .accepted(wake: !state.isWoken)
        }
    }

    /// What has come since the last time; the next to come wakes the thread again.
    func take() -> [Submission] {
        state.withLock { state in
            state.isWoken = false
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// It is answered.
    func release(_ submission: Submission) {
        state.withLock { state in
            state.queries -= 1
            state.bytes -= submission.size
        }
    }

    /// From here on everything is refused. Returns what still waited.
    func end(_ reason: PostgresError) -> [Submission] {
        let (waiting, watchers) = state.withLock { state in
            if state.ending == nil { state.ending = reason }
            defer { (state.waiting, state.watchers) = ([], []) }
            return (state.waiting, state.watchers)
        }
        for watcher in watchers { watcher.resume(returning: reason) }
        return waiting
    }

    /// Waits for the end, and gives the reason.
    func ending() async -> PostgresError {
        await withCheckedContinuation { continuation in
            let ending = state.withLock { state in
                if state.ending == nil { state.watchers.append(continuation) }
                return state.ending
            }
            if let ending { continuation.resume(returning: ending) }
        }
    }
}
