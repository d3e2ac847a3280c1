#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The two times that a store reads: one to stamp messages, one to let things expire.
package struct MemoryClock: Sendable {
    /// Milliseconds since 1970.
    package var wall: @Sendable () -> Int64
    /// Milliseconds since some fixed moment; it never goes back, whatever happens to the wall clock.
    package var elapsed: @Sendable () -> Int64

    package init(wall: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.elapsed = elapsed
    }

    package static let system = MemoryClock(
        wall: { read(CLOCK_REALTIME) },
        elapsed: { read(CLOCK_MONOTONIC) }
    )

    private static func read(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

extension Duration {
    /// Whole milliseconds, at most a century, so that adding it to a time can't overflow.
    var milliseconds: Int64 {
        let century: Int64 = 100 * 366 * 86_400
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), century) * 1000 + max(attoseconds, 0) / 1_000_000_000_000_000
    }
}
