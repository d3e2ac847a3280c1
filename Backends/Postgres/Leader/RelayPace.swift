/// How long to wait before looking for relayed publications again: soon after there were some, and ever more seldom
/// while there are none.
struct RelayPace: Equatable, Sendable {
    /// The wait after there were some: what a publication waits while others come.
    static let shortest = Duration.milliseconds(2)
    /// The longest wait where transactions only write: nobody says that there is something.
    private static let longestUnannounced = Duration.milliseconds(50)
    /// The longest wait where they do say it: this is for what stood on a channel that someone else held.
    private static let longestAnnounced = Duration.milliseconds(500)

    /// The wait when there have been none for long.
    let longest: Duration
    private(set) var wait = Self.shortest

    init(longest: Duration) { self.longest = longest }

    init(_ publish: PostgresOptions.Publish) {
        self.init(longest: publish == .relay ? Self.longestUnannounced : Self.longestAnnounced)
    }

    /// - Parameters:
    ///   - found: how many there were.
    ///   - goesOn: there may be more: of a channel, or on channels that have not been looked at in this round.
    mutating func next(found: Int, goesOn: Bool) -> Duration {
        wait = found > 0 ? Self.shortest : min(wait * 2, longest)
        return goesOn ? .zero : wait
    }

    /// Someone says that there are some.
    mutating func wake() { wait = Self.shortest }
}
