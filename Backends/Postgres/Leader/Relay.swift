import Logging

/// Gives offsets to publications whose transactions have only written them.
struct Relay {
    /// Publications that one call takes, at most: some ten milliseconds of the server's time.
    private static let batch: Int32 = 1000
    /// What one call may take.
    private static let timeout = Duration.seconds(10)
    /// The wait after an error of the server's.
    private static let pause = Duration.seconds(1)

    let connection: PostgresConnection
    let options: PostgresOptions
    let bell: Bell
    let notice: Mending.Notice
    let logger: Logger

    /// Returns when the task is cancelled or the connection has ended.
    func run() async {
        var pace = RelayPace(options.publish)
        var warnings = Warnings()
        var after = ""
        while !Task.isCancelled, connection.isOpen {
            var wait = Self.pause
            do throws(PostgresError) {
                let round = try await take(after: after)
                after = round.next
                let found = round.taken + round.refused
                wait = pace.next(found: found, goesOn: !round.next.isEmpty || found >= Int(Self.batch))
                if round.refused > 0 { warnings.tell(refusals, logger) }
            } catch {
                let reason = notice(error)
                warnings.tell("relayed publications can't be taken: \(reason)", logger)
            }
            if wait > .zero, await bell.wait(atMost: wait) { pace.wake() }
        }
    }

    private struct Round {
        var taken: Int
        var refused: Int
        var next: String
    }

    private func take(after: String) async throws(PostgresError) -> Round {
        let sql = "SELECT taken::int8, refused::int8, next FROM \"\(options.schema)\".relay($1, $2)"
        let query = Query(sql, [.text(after), .integer4(Self.batch)])
        let rows = try await connection.query(query, timeout: Self.timeout)
        return Round(taken: Int(rows.int(0, 0) ?? 0), refused: Int(rows.int(0, 1) ?? 0), next: rows.text(0, 2) ?? "")
    }

    private var refusals: String {
        "relayed publications were refused, after their transactions: see the table \(options.schema).refused"
    }
}
