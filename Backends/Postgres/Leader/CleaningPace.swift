/// How long to wait before cleaning again.
enum CleaningPace {
    /// Rows that one call removes or looks at, about: some ten milliseconds of the server's time.
    static let batch = 1000
    /// The shortest wait while there is more.
    static let shortest = Duration.milliseconds(10)
    /// The wait while there is something now and then.
    static let usual = Duration.seconds(1)
    /// The wait while there is nothing.
    static let idle = Duration.seconds(10)

    /// - Parameters:
    ///   - done: what the last call said that it did.
    ///   - took: how long it took. Where there is more, the wait is as long: cleaning takes half of one connection.
    static func wait(after done: Int, took: Duration) -> Duration {
        if done >= batch / 2 { return min(max(took, shortest), usual) }
        return done > 0 ? usual : idle
    }
}
