import BrokerCore

/// How long one event loop, or one shard, takes to come to a new piece of work: what every connection on it waits besides.
final class LoopDelay: Sendable {
    /// The worst of at least so much time is kept, and of at most twice that.
    static let window = Duration.seconds(30)
    /// Up to what nobody notices, and up to where readers take the gateway for dead.
    static let bounds: [Duration] = [
        .microseconds(100), .microseconds(500), .milliseconds(1), .milliseconds(5), .milliseconds(10),
        .milliseconds(50), .milliseconds(100), .milliseconds(500), .seconds(1), .seconds(5),
    ]

    private struct State {
        var asked: ContinuousClock.Instant?
        var begun = ContinuousClock.now
        var worst = Duration.zero
        var worstBefore = Duration.zero
    }

    let name: String
    private let histogram: Histogram
    private let state = Locked(State())

    /// - Parameter histogram: of all loops of this kind.
    init(name: String, histogram: Histogram) {
        self.name = name
        self.histogram = histogram
    }

    /// `false`: it has not come to the last piece of work yet, and is not to be given another.
    func ask() -> Bool {
        state.withLock { state in
            guard state.asked == nil else { return false }
            state.asked = .now
            return true
        }
    }

    /// On the loop: it has come to what it was given.
    func answered() {
        let now = ContinuousClock.now
        let delay = state.withLock { state -> Duration? in
            guard let asked = state.asked.take() else { return nil }
            if now - state.begun > Self.window {
                (state.begun, state.worstBefore, state.worst) = (now, state.worst, .zero)
            }
            state.worst = max(state.worst, now - asked)
            return now - asked
        }
        if let delay { histogram.observe(delay) }
    }

    /// The longest delay of the last while, one that is not over yet included.
    var worst: Duration {
        state.withLock { max($0.worst, $0.worstBefore, $0.asked.map { .now - $0 } ?? .zero) }
    }
}
