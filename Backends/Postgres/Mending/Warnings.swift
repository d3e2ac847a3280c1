import Logging

/// What has been warned of, and when: another text is told at once, the same one only after a while.
struct Warnings {
    /// The time between two warnings of the same text.
    private static let interval = Duration.seconds(60)

    private var last: (text: String, time: ContinuousClock.Instant)?

    mutating func tell(_ text: String, _ logger: Logger) {
        let now = ContinuousClock.now
        if let last, last.text == text, now - last.time < Self.interval { return }
        last = (text, now)
        logger.warning("Postgres: \(text)")
    }
}
