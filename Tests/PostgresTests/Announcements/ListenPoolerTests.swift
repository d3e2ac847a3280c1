import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct ListenPoolerTests {
    private func refusal(_ url: String, listen: String?) async throws -> ListenError? {
        let listening = try Listening(url, listen: listen, isHasty: true)
        do throws(ListenError) {
            try await listening.link.open()
            return nil
        } catch {
            await listening.queries.close()
            return error
        }
    }

    @Test func `Listening through a pooler of transactions is refused at the start`() async throws {
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { pooler in
                // The pool is new at first, and later it has sessions to lend.
                for _ in 0..<4 {
                    let (both, one) = (
                        try await refusal(pooler.url(), listen: nil),
                        try await refusal(server.url, listen: pooler.url())
                    )
                    #expect(both == .silent && one == .silent)
                }
            }
        }
    }

    @Test func `Behind such a pooler announcements come by a way of their own`() async throws {
        let channel = try ChannelName("build:42")
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { pooler in
                let listening = try Listening(pooler.url(), listen: server.url)
                try await listening.run {
                    await listening.link.attach([channel])
                    _ = try await listening.announce(1, "x", on: channel).get()
                    await listening.events.until { Listening.announced($0) == ["x"] }
                    #expect(await listening.pingFailure == nil)
                }
            }
        }
    }

    @Test func `Listening at another database is refused at the start`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE DATABASE another")
            #expect(try await refusal(server.url, listen: server.url(database: "another")) == .silent)
        }
    }

    @Test func `A server that can't be reached is told with the reason, either way`() async throws {
        try await PostgresServer.run { server in
            let nowhere = "postgres://postgres@127.0.0.1:1/postgres"
            guard case .connection(.unreachable(let reason))? = try await refusal(server.url, listen: nowhere) else {
                return #expect(Bool(false), "it listens to nothing")
            }
            #expect(reason.contains("refused"), "\(reason)")
            guard case .query(.unreachable)? = try await refusal(nowhere, listen: server.url) else {
                return #expect(Bool(false), "it has sent a notification nowhere")
            }
        }
    }
}
