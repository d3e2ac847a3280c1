import Glibc

/// The shard's clock: time since its start, which no one can set back.
struct Monotonic {
    private let start = Self.read()

    var milliseconds: Int64 { Self.read() - start }
    var seconds: UInt32 { UInt32(milliseconds / 1_000) }

    private static func read() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
