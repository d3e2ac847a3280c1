/// How long to wait before the next attempt at a server: any time from nothing up to a bound that doubles with each
/// failure ("full jitter"), so that gateways which lost the same server do not come back in step.
package struct Backoff: Sendable {
    /// The bound of the first wait.
    package static let first = Duration.milliseconds(50)
    /// The bound of every later wait, at most.
    package static let longest = Duration.seconds(2)
    /// A connection that lasted this long was a good one: the next wait is bounded as the first. One that breaks sooner
    /// counts as a failure, or a server which takes connections and ends them would be asked without pause.
    package static let settled = Duration.seconds(5)

    /// The bound of the next wait.
    package private(set) var bound = Backoff.first

    /// Begins with the shortest bound.
    package init() {}

    /// The next wait, given a number of at least 0 and at most 1 by chance.
    package mutating func next(_ chance: Double = .random(in: 0...1)) -> Duration {
        defer { bound = min(bound * 2, Self.longest) }
        return bound * chance
    }

    /// A connection has ended that lasted this long.
    package mutating func ended(after life: Duration) {
        if life >= Self.settled { bound = Self.first }
    }
}
