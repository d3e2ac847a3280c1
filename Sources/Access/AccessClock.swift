import Glibc

/// The two times that access depends on, both in milliseconds.
struct AccessClock: Sendable {
    /// Since 1970, as tokens count. It may jump.
    let wall: @Sendable () -> Int64
    /// Since some moment, never backwards.
    let steady: @Sendable () -> Int64

    static let system = AccessClock(
        wall: { milliseconds(of: CLOCK_REALTIME) }, steady: { milliseconds(of: CLOCK_MONOTONIC) })

    private static func milliseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
