import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

/// The tasks' registry where there are several servers, and where one forgets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct TaskClusterTests {
    private func entries(_ range: Range<Int>) throws -> [TaskEntry] {
        try range.map { TaskEntry(channel: try ChannelName("task:\($0)"), state: "started", due: .zero) }
    }

    @Test func `In a cluster the registry is one node's, also while that hands it over`() async throws {
        try await RedisCluster.run { cluster in
            let slot = HashSlot.of(try ChannelName("tasks"))
            let source = try #require(try await cluster.primary(of: slot, among: cluster.primaries))
            let target = try #require(cluster.primaries.first { $0 !== source })
            let step = SlotMove(slot: slot, source: source, target: target)
            try await RedisBroker.reading(cluster.url()) { reader in
                let tasks = reader.broker.tasks
                let all = try entries(0..<300)
                try await tasks.record(Array(all[..<100]))
                try await step.begin()
                try await tasks.record(Array(all[100..<200]))
                try await step.moveKeys()
                try await tasks.record(Array(all[200...]))
                #expect(try await tasks.list(TaskEntryQuery()).count == 300)
                try await step.finish()
                #expect(try await tasks.claimDue(limit: 512, for: .seconds(60)).channels.count == 300)
                #expect(try await tasks.claimDue(limit: 512, for: .seconds(60)).channels.isEmpty)
            }
            try await RedisBroker.remove(RedisURL(cluster.url()))
            for server in cluster.primaries { #expect(try await server.cli("DBSIZE") == "0") }
        }
    }

    @Test func `A server that has forgotten everything takes tasks again at once`() async throws {
        try await RedisServer.run { server in
            try await RedisBroker.reading("redis://\(server.endpoint)") { reader in
                let tasks = reader.broker.tasks
                try await tasks.record(try entries(0..<5))
                try await server.cli("FLUSHALL")
                try await server.cli("FUNCTION", "FLUSH")
                #expect(try await tasks.list(TaskEntryQuery()).isEmpty)
                try await server.cli("FUNCTION", "FLUSH")
                try await tasks.record(try entries(3..<7))
                #expect(try await tasks.claimDue(limit: 512, for: .seconds(60)).channels.count == 4)
                await server.kill()
                await #expect(throws: BrokerError.self) { try await tasks.record(try entries(0..<5)) }
                try await server.restart()
                try await until("it is back") { (try? await tasks.record(entries(0..<2))) != nil }
                #expect(try await tasks.list(TaskEntryQuery()).count == 2)
            }
        }
    }
}
