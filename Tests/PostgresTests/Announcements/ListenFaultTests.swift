import BrokerCore
import Glibc
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct ListenFaultTests {
    private let channel: ChannelName

    init() throws { channel = try ChannelName("build:42") }

    /// Attaches, lets `fault` break the connection, and looks whether loss and restoration are told, and announcements
    /// come again.
    private func survives(
        isHasty: Bool = false, _ fault: (PostgresServer, Listening) async throws -> Void
    ) async throws {
        try await PostgresServer.run { server in
            try await survives(server, try Listening(server.url, isHasty: isHasty), fault)
        }
    }

    private func survives(
        _ server: PostgresServer, _ listening: Listening,
        _ fault: (PostgresServer, Listening) async throws -> Void
    ) async throws {
        try await listening.run {
            await listening.link.attach([channel])
            _ = try await listening.announce(1, "before", on: channel).get()
            await listening.events.until { Listening.announced($0) == ["before"] }
            try await fault(server, listening)
            await listening.events.until { $0.contains(.continuityRestored(.everything)) }
            let lost = listening.events.entries.firstIndex(of: .continuityLost(.everything))
            let restored = listening.events.entries.firstIndex(of: .continuityRestored(.everything))
            #expect(try #require(lost) < (try #require(restored)))
            _ = try await listening.announce(2, "after", on: channel).get()
            await listening.events.until { Listening.announced($0) == ["before", "after"] }
        }
    }

    @Test func `pg_terminate_backend`() async throws {
        try await survives { server, _ in
            try await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        }
    }

    @Test func `A crash and a restart`() async throws {
        try await survives { server, listening in
            await server.kill()
            await listening.events.until { $0.contains(.continuityLost(.everything)) }
            try await server.restart()
        }
    }

    @Test func `A shutdown and a restart`() async throws {
        try await survives { server, listening in
            await server.shutDown()
            await listening.events.until { $0.contains(.continuityLost(.everything)) }
            try await server.restart()
        }
    }

    @Test func `A server that stands still`() async throws {
        try await survives(isHasty: true) { server, listening in
            server.suspend()
            await listening.events.until { $0.contains(.continuityLost(.everything)) }
            server.resume()
        }
    }

    @Test func `A way for notifications that brings nothing any more, while queries go on`() async throws {
        try await survives(isHasty: true) { _, listening in
            let session = try #require(listening.link.server?.processID)
            kill(session, SIGSTOP)
            await listening.events.until { $0.contains(.continuityLost(.everything)) }
            kill(session, SIGCONT)
        }
    }

    @Test func `Queries that go to another server than notifications come from`() async throws {
        try await PostgresServer.run { second in
            try await PostgresServer.run { server in
                let listening = try Listening(server.url, isHasty: true)
                try await survives(server, listening) { _, _ in
                    await listening.queries.move(to: second.url)
                    await listening.events.until { $0.contains(.continuityLost(.everything)) }
                    // New connections, each with a canary of its own, are not trusted either.
                    let canaries = listening.queries.asked.entries.count
                    await listening.queries.asked.until { $0.count >= canaries + 2 }
                    #expect(!listening.events.entries.contains(.continuityRestored(.everything)))
                    await listening.queries.move(to: server.url)
                }
            }
        }
    }

    @Test func `A broken way for queries does no harm to the announcements of others`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            let other = try Listening(server.url)
            try await listening.run {
                await listening.link.attach([channel])
                await listening.queries.move(to: nil)
                for _ in 0..<3 { #expect(await listening.pingFailure == "there is no way to the server") }
                _ = try await other.announce(1, "x", on: channel).get()
                await listening.events.until { Listening.announced($0) == ["x"] }
                #expect(listening.events.entries.count == 1)
            }
        }
    }

    @Test func `Attaching while there is no server tells the loss and returns; its return restores it`() async throws {
        try await PostgresServer.run { server in
            let listening = try Listening(server.url)
            try await listening.run {
                await server.kill()
                await listening.events.until { $0.contains(.continuityLost(.everything)) }
                await listening.link.attach([channel])
                #expect(listening.events.entries.last == .continuityLost(.channels([channel])))
                try await server.restart()
                await listening.events.until { $0.last == .continuityRestored(.everything) }
                _ = try await listening.announce(1, "x", on: channel).get()
                await listening.events.until { Listening.announced($0) == ["x"] }
            }
        }
    }
}
