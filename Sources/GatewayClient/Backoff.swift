/// How long to wait before the next attempt: each failure doubles it, and chance spreads it, so that clients that lost
/// a gateway together do not come back together.
package struct Backoff: Sendable {
    package static let first = Duration.milliseconds(250)
    package static let longest = Duration.seconds(10)

    /// Failures after which the wait does not grow any more, whatever ``base`` is.
    private static let mostDoublings = 16

    /// The shortest wait; a server may ask for another.
    package var base: Duration
    private var failures = 0

    package init(base: Duration = Backoff.first) {
        self.base = base
    }

    /// The wait after one more failure: between half and the whole of `base`, doubled for every failure since the last
    /// success and at most ``longest`` (or `base`, if that is more).
    package mutating func next(chance: Double = .random(in: 0...1)) -> Duration {
        let grown = min(base * (1 << min(failures, Self.mostDoublings)), max(base, Self.longest))
        failures += 1
        return grown * (0.5 + 0.5 * chance)
    }

    package mutating func succeeded() {
        failures = 0
    }
}
