import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// The registry of tasks on a real server, beyond what every broker promises.
@Suite struct RegistryTests {
    private static func entries(
        _ count: Int, state: String = "started", due: Duration = .seconds(30)
    ) throws -> [TaskEntry] {
        try (0..<count).map { TaskEntry(channel: try ChannelName("task:\($0)"), state: state, due: due) }
    }

    @Test func `gateways that record the same tasks in other orders never stop one another`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server, timeout: .seconds(20)) { first in
                try await BrokerWorld.run(server, timeout: .seconds(20)) { second in
                    let entries = try Self.entries(TaskEntry.maximumBatch)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (broker, order) in [(first, entries), (second, entries.reversed())] {
                            group.addTask {
                                for _ in 0..<20 { try await broker.tasks.record(order.shuffled()) }
                                try await broker.tasks.record(order)
                            }
                        }
                        try await group.waitForAll()
                    }
                    let listed = try await first.tasks.list(TaskEntryQuery())
                    #expect(Set(listed.map(\.channel)) == Set(entries.map(\.channel)))
                    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'"
                    #expect(try await server.sql(deadlocks) == "0")
                }
            }
        }
    }

    @Test func `a task that a transaction holds is left to it, and the rest is recorded`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                try await broker.tasks.record(try Self.entries(3))
                try await PostgresConnection.run(server.url) { holder in
                    _ = try await holder.query("BEGIN")
                    _ = try await holder.query("UPDATE telltale.task SET state = 'queued' WHERE channel = 'task:1'")
                    _ = try await holder.query(
                        "INSERT INTO telltale.task VALUES ('task:3', 'queued', 1, 9000000000000, 9000000000000)")
                    try await broker.tasks.record(try Self.entries(5, state: "finished", due: .zero))
                    try await broker.tasks.remove(try Self.entries(2).map(\.channel))
                    let due = try await broker.tasks.claimDue(limit: 10, for: .seconds(5))
                    #expect(due.channels.map(\.rawValue) == ["task:2", "task:4"])
                    _ = try await holder.query("COMMIT")
                }
                let states = try await broker.tasks.list(TaskEntryQuery()).map { "\($0.channel) \($0.state)" }
                #expect(Set(states) == ["task:1 queued", "task:2 finished", "task:3 queued", "task:4 finished"])
            }
        }
    }

    @Test func `tasks are recorded and claimed behind a pooler that pools transactions`() async throws {
        try await PostgresServer.run { server in
            try await PgBouncer.run(before: server) { pooler in
                try await withBroker(pooler.url(), listenURL: server.url) { broker in
                    try await broker.tasks.record(try Self.entries(TaskEntry.maximumBatch, due: .zero))
                    let first = try await broker.tasks.claimDue(limit: 500, for: .seconds(60))
                    let second = try await broker.tasks.claimDue(limit: 500, for: .seconds(60))
                    #expect(first.channels.count == 500 && second.channels.count == 12)
                    try await broker.tasks.remove(first.channels)
                    #expect(try await broker.tasks.list(TaskEntryQuery()).count == 12)
                }
            }
        }
    }

    @Test func `a table that went away is said, and one of something else is no answer`() async throws {
        try await PostgresServer.run { server in
            try await BrokerWorld.run(server) { broker in
                try await server.sql("UPDATE telltale.task SET state = state; DROP TABLE telltale.task")
                await #expect(throws: BrokerError.self) { try await broker.tasks.list(TaskEntryQuery()) }
                await #expect(throws: BrokerError.self) { try await broker.tasks.record(try Self.entries(1)) }
                await #expect(throws: BrokerError.self) { try await broker.tasks.claimDue(limit: 1, for: .seconds(1)) }
            }
        }
    }
}
