import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// Channels that transactions of others hold, on a real server.
@Suite(.timeLimit(.minutes(2))) struct HeldChannelTests {
    @Test func `A held channel is waited for, in order, and the others are not delayed`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, timeout: .seconds(30)) { broker in
                _ = try await broker.say("a=0").get()
                let holder = try await RowHolder.hold("a", on: server)
                async let waiting = broker.publish(try (1...3).map { try .saying("a=\($0)") })
                let start = ContinuousClock.now
                for number in 1...20 { #expect(try await broker.say("b=\(number)").get().position.offset == number) }
                #expect(ContinuousClock.now - start < .seconds(10))
                async let late = broker.say("a=4")
                try await holder.release()
                #expect(try await waiting.offsets == [2, 3, 4])
                #expect(try await late.get().position.offset == 5)
                #expect(try await broker.content(of: "a") == ["0", "1", "2", "3", "4"])
            }
        }
    }

    @Test func `Who has waited for as long as the handle has patience is told why`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                _ = try await broker.say("a=0").get()
                let holder = try await RowHolder.hold("a", on: server)
                let start = ContinuousClock.now
                #expect(try await broker.say("a=1") == .failure(.lockedByAnother))
                #expect(ContinuousClock.now - start >= .seconds(2))
                await #expect(throws: BrokerError.lockedByAnother) { try await broker.delete(try ChannelName("a")) }
                try await holder.release()
                #expect(try await broker.say("a=2").get().position.offset == 2)
                #expect(try await broker.delete(try ChannelName("a")))
            }
        }
    }

    @Test func `Under short locks of others nothing is lost, doubled or out of order`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, timeout: .seconds(30)) { broker in
                _ = try await broker.publish([.saying("a=begin"), .saying("b=begin")]).offsets
                async let locks = server.sql(Self.shortLocks)
                let counts = 150
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<6 {
                        group.addTask {
                            for number in 0..<counts {
                                let text = "\(writer % 2 == 0 ? "a" : "b")=\(writer) \(number)"
                                _ = try await broker.say(text).get()
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                _ = try await locks
                for (channel, writers) in [("a", [0, 2, 4]), ("b", [1, 3, 5])] {
                    let content = try await broker.content(of: channel)
                    for writer in writers {
                        #expect(
                            content.filter { $0.hasPrefix("\(writer) ") } == (0..<counts).map { "\(writer) \($0)" })
                    }
                    #expect(content.count == 1 + 3 * counts)
                }
            }
        }
    }

    private static let shortLocks = """
        DO $$ BEGIN
            FOR i IN 1..300 LOOP
                PERFORM FROM telltale.channel WHERE name = CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END FOR UPDATE;
                PERFORM pg_sleep(0.002);
                COMMIT;
            END LOOP;
        END $$
        """
}

extension UInt64 {
    fileprivate static func == (left: UInt64, right: Int) -> Bool { Int(exactly: left) == right }
}
