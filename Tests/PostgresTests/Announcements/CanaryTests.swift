import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct CanaryTests {
    @Test func `A ping is a notification that arrives, and those who ask together share it`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            try await listening.run {
                let results = await withTaskGroup(of: String?.self) { group in
                    for _ in 0..<100 { group.addTask { await listening.pingFailure } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(results == Array(repeating: nil, count: 100))
            }
        }
    }

    @Test func `A ping while the server is gone fails at once, with the reason`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            try await listening.run {
                await server.kill()
                await listening.log.until { $0.contains { $0.contains("(announcements): can't connect") } }
                do throws(PostgresError) {
                    try await listening.link.ping()
                    Issue.record("it arrived")
                } catch {
                    #expect(error.words.contains("refused"), "\(error)")
                }
            }
        }
    }

    @Test func `A value comes once, in time or not at all`() async {
        let shot = OneShot<Int>()
        #expect(await shot.value(within: .milliseconds(1)) == nil)
        shot.set(1)
        shot.set(2)
        #expect(await shot.value(within: .seconds(60)) == 1)
        let late = OneShot<Int>()
        async let value = late.value(within: .seconds(60))
        late.set(3)
        #expect(await value == 3)
    }
}
