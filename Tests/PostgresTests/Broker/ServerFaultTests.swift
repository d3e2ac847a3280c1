import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// What a handle does when the server fails it.
@Suite(.timeLimit(.minutes(2))) struct ServerFaultTests {
    @Test func `While the server is gone everything fails at once, with the reason; then it goes on`() async throws {
        let patience = Duration.seconds(10)
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, timeout: patience) { broker in
                let channel = try ChannelName("a")
                let epoch = try await broker.say("a=1").get().position.epoch
                await server.kill()
                try await Self.until { try await broker.say("a=2").unavailability?.contains("refused") == true }
                let start = ContinuousClock.now
                for _ in 0..<10 { #expect(try await broker.say("a=2").unavailability != nil) }
                await #expect(throws: BrokerError.self) { try await broker.inspect(channel) }
                await #expect(throws: BrokerError.self) { try await broker.delete(channel) }
                await #expect(throws: BrokerError.self) { try await broker.ping() }
                // Nobody waits for a server that is known to be gone.
                #expect(ContinuousClock.now - start < patience)
                try await server.restart()
                try await Self.until { try await broker.say("a=3").unavailability == nil }
                // Each connection comes back by itself.
                try await Self.until { (try? await broker.inspect(channel)) != nil }
                // The server is another one now, as far as anyone can know: what it had acknowledged may be lost.
                let recovery = try await broker.recover(channel, from: .earliest, limit: .unlimited)
                #expect(recovery.messages.map(\.data) == ["1", "3"])
                #expect(recovery.predecessors == [Position(epoch: epoch, offset: 1)])
            }
        }
    }

    @Test func `A server that stands still fails what is under way, in time`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, timeout: .milliseconds(500)) { broker in
                _ = try await broker.say("a=1").get()
                server.suspend()
                let start = ContinuousClock.now
                #expect(try await broker.say("a=2").unavailability != nil)
                #expect(ContinuousClock.now - start < .seconds(3))
                server.resume()
                try await Self.until { try await broker.say("a=3").unavailability == nil }
            }
        }
    }

    @Test func `A publishing connection that breaks stands in nobody's way`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                _ = try await broker.say("a=1").get()
                let connections =
                    "SELECT pid FROM pg_stat_activity WHERE query LIKE '%append(%' AND pid <> pg_backend_pid()"
                try await server.sql("SELECT pg_terminate_backend(pid) FROM (\(connections) LIMIT 1) AS one")
                try await Self.until { try await broker.say("a=2").unavailability == nil }
                for number in 0..<50 { #expect(try await broker.say("a=\(number)").unavailability == nil) }
            }
        }
    }

    @Test func `A channel that the server can't append to spoils no other in the same call`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                let names = ["a", "b", "c", "d"]
                _ = try await broker.publish(names.map { try .saying("\($0)=1") }).offsets
                try await server.sql("ALTER TABLE telltale.message ADD CHECK (convert_from(data, 'UTF8') <> 'spoilt')")
                let results = await broker.publish(try names.map { try .saying("\($0)=\($0 == "b" ? "spoilt" : "2")") })
                #expect(results[1].unavailability?.contains("23514") == true, "\(results[1])")
                for index in [0, 2, 3] { #expect(try results[index].get().position.offset == 2) }
                #expect(try await broker.say("b=3").get().position.offset == 2)
            }
        }
    }

    @Test func `A publication that the server can't append spoils no other of its channel, nor their order`()
        async throws
    {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                _ = try await broker.say("a=0").get()
                try await server.sql("ALTER TABLE telltale.message ADD CHECK (convert_from(data, 'UTF8') <> 'spoilt')")
                let texts = (1...40).map { $0 % 10 == 0 ? "spoilt" : "\($0)" }
                let publications = try texts.map { try Publication.saying("a=\($0)") } + [.saying("b=1")]
                let results = await broker.publish(publications)
                for (text, result) in zip(texts, results) {
                    #expect((result.unavailability?.contains("23514") == true) == (text == "spoilt"), "\(result)")
                }
                #expect(results[40].unavailability == nil)
                #expect(try await broker.content(of: "a") == ["0"] + texts.filter { $0 != "spoilt" })
                #expect(try await broker.say("a=last").get().position.offset == 38)
            }
        }
    }

    @Test func `A server that has become read-only says so, and is used again when it is not`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                _ = try await broker.say("a=1").get()
                try await Self.readOnly(true, server)
                try await Self.until { try await broker.say("a=2").unavailability?.contains("read-only") == true }
                try await Self.readOnly(false, server)
                try await Self.until { try await broker.say("a=3").unavailability == nil }
            }
        }
    }

    @Test func `A storm of publications ends with an answer for each`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, timeout: .seconds(30)) { broker in
                let count = 2_000
                let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                    for writer in 0..<20 {
                        let batch = try (0..<count).map { try Publication.saying("c\(($0 + writer) % 7)=\($0)") }
                        group.addTask { await broker.publish(batch).filter { $0.unavailability == nil }.count }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(answers == 20 * count)
                let tops = try await broker.list(ChannelQuery()).map { Int($0.top) }
                #expect(tops.reduce(0, +) == 20 * count && tops.count == 7)
            }
        }
    }

    private static func readOnly(_ isOn: Bool, _ server: PostgresServer) async throws {
        try await server.sql("ALTER SYSTEM SET default_transaction_read_only = \(isOn)")
        try await server.sql("SELECT pg_reload_conf()")
    }

    private static func until(_ condition: () async throws -> Bool) async throws {
        while !(try await condition()) { try await Task.sleep(for: .milliseconds(5)) }
    }
}
