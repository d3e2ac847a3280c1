import Glibc

/// How many files and sockets the process may have open: the ceiling of the connections it can serve.
package enum Descriptors {
    /// Descriptors that are kept for everything but connections that are served: listener, epolls, the broker, a stream's
    /// second one while it changes hands, connections that are refused.
    private static let mostReserved: UInt64 = 256

    /// How many of so many are kept back: of a small number the quarter.
    static func reserve(of limit: UInt64) -> UInt64 { min(mostReserved, limit / 4) }

    /// The limit that is in force.
    package static var limit: UInt64 {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return UInt64(limit.rlim_cur)
    }

    /// Takes all that the system allows.
    package static func raise() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
