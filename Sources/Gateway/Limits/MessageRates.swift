import BrokerCore
import Dispatch

/// How fast each publisher may publish: a bucket of one second's messages for each, filled evenly.
///
/// A bucket is the time at which all that was taken from it is made up for (the generic cell rate algorithm, ITU-T I.371 §A):
/// one number, that needs no filling. A publisher that has been silent for a second has a full one, which is the same as none.
final class MessageRates: Sendable {
    /// Publishers that are told apart at once. Beyond that newcomers share one bucket: nobody gets round the
    /// limit by being many.
    static let mostPublishers = 1 << 16
    private static let second: UInt64 = 1_000_000_000
    private static let newcomers = ""

    private struct State {
        /// When each bucket is full again, in nanoseconds of the clock.
        var full: [String: UInt64] = [:]
        /// When the table was last cleared of full ones.
        var swept: UInt64 = 0
    }

    private let state = Locked(State())
    private let clock: @Sendable () -> UInt64

    /// - Parameter clock: a monotonic one, in nanoseconds.
    init(clock: @escaping @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }) {
        self.clock = clock
    }

    /// Takes one message. `nil`: it may go; otherwise after how many seconds it might, and none is taken.
    /// - Parameter rate: messages a second, at least 1.
    func take(_ publisher: String, rate: Int) -> UInt64? {
        let now = clock()
        return state.withLock { state in
            let key = Self.key(publisher, &state, now)
            let full = max(state.full[key] ?? 0, now) + Self.second / UInt64(rate)
            guard full <= now + Self.second else {
                return (full - now - 1) / Self.second
            }
            state.full[key] = full
            return nil
        }
    }

    /// Takes so many messages that are there already, and says how long they have to wait for it: a sender that can be
    /// slowed is not refused.
    /// - Parameter rate: messages a second, at least 1.
    func reserve(_ publisher: String, count: Int, rate: Int) -> Duration {
        let now = clock()
        return state.withLock { state in
            let key = Self.key(publisher, &state, now)
            let full = max(state.full[key] ?? 0, now) + UInt64(count) * Self.second / UInt64(rate)
            state.full[key] = full
            return .nanoseconds(full > now + Self.second ? Int64(full - now - Self.second) : 0)
        }
    }

    private static func key(_ publisher: String, _ state: inout State, _ now: UInt64) -> String {
        guard state.full.count >= mostPublishers, state.full[publisher] == nil else { return publisher }
        if now >= state.swept + second {
            state.swept = now
            state.full = state.full.filter { $0.value > now }
        }
        return state.full.count < mostPublishers ? publisher : newcomers
    }

    /// Publishers whose bucket is remembered.
    var publishers: Int { state.withLock { $0.full.count } }
}
