import BrokerCore
import CLibpq

/// Asks the server to give up a query that took too long (libpq, "Canceling Queries in Progress").
///
/// A server that waits, for a lock or a replica, does not notice that its client has gone: it would keep the session, and in
/// the end carry out what publishers were told is unavailable.
enum QueryCancellation {
    /// Requests that are under way at once; each is a thread and a connection until the server has closed it. More are
    /// not sent.
    static let maximumUnderWay = 16

    private static let underWay = Locked(0)

    /// Sends one for the connection's present query, on a thread of its own. The connection may be closed at once.
    static func send(for connection: OpaquePointer) {
        guard let request = PQgetCancel(connection) else { return }
        let isFree = underWay.withLock { count in
            guard count < maximumUnderWay else { return false }
            count += 1
            return true
        }
        guard isFree else { return PQfreeCancel(request) }
        // It is this thread's alone from here on.
        nonisolated(unsafe) let handle = request
        startThread(named: "pg-cancel") {
            var words = [CChar](repeating: 0, count: 256)
            PQcancel(handle, &words, Int32(words.count))
            PQfreeCancel(handle)
            underWay.withLock { $0 -= 1 }
        }
    }
}
