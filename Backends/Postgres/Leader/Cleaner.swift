import Logging

/// Removes what is over, in small batches.
struct Cleaner: Sendable {
    /// The wait after an error.
    private static let pause = Duration.seconds(10)
    /// What one call may take: far more than it does, since the leadership ends with the connection.
    private static let timeout = Duration.seconds(60)

    /// The leader's own: only the relay waits for it.
    let connection: PostgresConnection
    let options: PostgresOptions
    let notice: Mending.Notice
    let logger: Logger

    /// Returns when the task is cancelled.
    func run() async {
        let query = Query(
            "SELECT \"\(options.schema)\".clean($1)::int8", [.integer4(Int32(CleaningPace.batch))])
        var hasFailed = false
        while !Task.isCancelled {
            let start = ContinuousClock.now
            var wait = Self.pause
            do throws(PostgresError) {
                let rows = try await connection.query(query, timeout: Self.timeout)
                wait = CleaningPace.wait(after: Int(rows.int(0, 0) ?? 0), took: ContinuousClock.now - start)
                hasFailed = false
            } catch {
                let reason = notice(error)
                if !hasFailed, connection.isOpen {
                    logger.warning("Postgres: what is over can't be removed", metadata: ["reason": "\(reason)"])
                }
                hasFailed = true
            }
            try? await Task.sleep(for: wait)
        }
    }
}
