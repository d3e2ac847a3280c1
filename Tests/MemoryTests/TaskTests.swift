import BrokerCore
import MemoryBroker
import Testing

@Suite struct TaskTests {
    private func entry(_ name: String, _ state: String = "started", due: Int64 = 30) throws -> TaskEntry {
        TaskEntry(channel: try ChannelName(name), state: state, due: .seconds(due))
    }

    @Test func `a renewed lease is due when it says, and once`() async throws {
        let world = try World()
        let tasks = world.writer.tasks
        for _ in 0..<5 {
            try await tasks.record([try entry("task:1"), try entry("task:2", due: 100)])
            world.clock.advance(by: .seconds(20))
            #expect(try await tasks.claimDue(limit: 9, for: .seconds(5)).channels.isEmpty)
        }
        world.clock.advance(by: .seconds(10))
        #expect(try await tasks.claimDue(limit: 9, for: .seconds(5)).channels.map(\.rawValue) == ["task:1"])
        #expect(try await world.reader.tasks.claimDue(limit: 9, for: .seconds(5)).channels.isEmpty)
        world.clock.advance(by: .seconds(5))
        #expect(try await tasks.claimDue(limit: 9, for: .seconds(5)).channels.map(\.rawValue) == ["task:1"])
    }

    @Test func `a task that is removed and recorded again within a claim's time is claimed once`() async throws {
        let world = try World()
        let tasks = world.writer.tasks
        for _ in 0..<3 {
            try await tasks.record([try entry("task:1", due: 0)])
            try await tasks.remove([try ChannelName("task:1")])
        }
        try await tasks.record([try entry("task:1", due: 0)])
        #expect(try await tasks.claimDue(limit: 9, for: .zero).channels.count == 1)
        #expect(try await tasks.claimDue(limit: 9, for: .seconds(9)).channels.count == 1)
    }

    @Test func `tasks take room of the store, renewing them takes none, and removing them gives it back`() async throws
    {
        let world = try World(capacity: 10_000)
        let tasks = world.writer.tasks
        var recorded = 0
        await #expect {
            for number in 0..<1000 {
                try await tasks.record([try entry("task:\(number)")])
                recorded += 1
            }
        } throws: { error in
            if case BrokerError.unavailable = error { true } else { false }
        }
        #expect(recorded > 10 && recorded < 100)
        let full = world.store.footprint
        for round in 0..<10_000 { try await tasks.record([try entry("task:\(round % recorded)")]) }
        #expect(world.store.footprint == full)
        try await tasks.remove(try (0..<recorded).map { try ChannelName("task:\($0)") })
        #expect(world.store.footprint == 0)
        #expect(try await tasks.list(TaskEntryQuery()).isEmpty)
    }

    @Test func `a batch for which there is no room changes nothing`() async throws {
        let world = try World(capacity: 10_000)
        await #expect(throws: BrokerError.self) {
            try await world.writer.tasks.record(try (0..<100).map { try entry("task:\($0)") })
        }
        #expect(world.store.footprint == 0)
        #expect(try await world.writer.tasks.list(TaskEntryQuery()).isEmpty)
    }
}
