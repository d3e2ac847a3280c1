import Logging

/// Removes what is over, in small batches.
struct Cleaner: Sendable {
    /// The wait after an error.
    private static let pause = Duration.seconds(10)

    let options: PostgresOptions
    let logger: Logger
    /// Asks over a connection that has time.
    let ask: ListenLink.Ask

    /// Returns when the task is cancelled.
    func run() async {
        let query = Query(
            "SELECT \"\(options.schema)\".clean($1)::int8", [.integer4(Int32(CleaningPace.batch))])
        var hasFailed = false
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let answer = await ask(query)
            var wait = Self.pause
            switch answer {
            case .success(let rows):
                wait = CleaningPace.wait(after: Int(rows.int(0, 0) ?? 0), took: ContinuousClock.now - start)
                hasFailed = false
            case .failure(let error):
                if !hasFailed {
                    logger.warning("Postgres: what is over can't be removed", metadata: ["reason": "\(error)"])
                }
                hasFailed = true
            }
            try? await Task.sleep(for: wait)
        }
    }
}
