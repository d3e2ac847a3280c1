import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(1))) struct RemedyTests {
    @Test func `However often it is called for, it is applied once, and once more for what came meanwhile`()
        async throws
    {
        let applied = Journal<Int>()
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let remedy = Remedy(every: .zero) {
            applied.add([1])
            for await _ in gate { break }
        }
        let running = Task { await remedy.run() }
        for _ in 0..<100 { remedy.call() }
        await applied.until { $0.count == 1 }
        for _ in 0..<100 { remedy.call() }
        opening.yield()
        await applied.until { $0.count == 2 }
        opening.finish()
        running.cancel()
        await running.value
        #expect(applied.entries.count == 2)
    }

    @Test func `It is applied no more often than its pause allows`() async throws {
        let times = Journal<ContinuousClock.Instant>()
        let remedy = Remedy(every: .milliseconds(50)) { times.add([.now]) }
        let running = Task { await remedy.run() }
        while times.entries.count < 4 {
            remedy.call()
            await Task.yield()
        }
        running.cancel()
        await running.value
        for (first, second) in zip(times.entries, times.entries.dropFirst()) {
            #expect(second - first >= .milliseconds(50))
        }
    }

    @Test(arguments: [
        ("54000", "too many notifications in the NOTIFY queue", true, false),
        ("54000", "stack depth limit exceeded", false, false),
        ("3F000", "schema \"telltale\" does not exist", false, true),
        ("42P01", "relation \"telltale.message\" does not exist", false, true),
        ("42883", "function telltale.append(text[]) does not exist", false, true),
        ("42501", "permission denied for schema telltale", false, false),
    ])
    func `What an error calls for`(_ sqlState: String, _ message: String, _ queue: Bool, _ schema: Bool) {
        let error = PostgresError.server(ServerError(sqlState: sqlState, message: message))
        #expect(error.isOfFullQueue == queue && error.isOfMissingSchema == schema)
    }
}
