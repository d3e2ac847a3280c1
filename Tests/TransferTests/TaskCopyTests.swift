import BrokerCore
import BrokerTransfer
import Testing

/// The registry of tasks goes with the channels, between every pair of brokers.
@Suite(.timeLimit(.minutes(5))) struct TaskCopyTests {
    /// Publishes on the channels, and records them.
    private static func record(
        _ side: Side, _ names: [ChannelName], state: String, due: Duration
    ) async throws {
        _ = await side.broker.publish(names.map { Publication(channel: $0, data: state) })
        try await side.broker.tasks.record(names.map { TaskEntry(channel: $0, state: state, due: due) })
    }

    @Test(arguments: Pair.all) func `Leases and lists go on in the target`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            try await Self.record(source, ["task:old"], state: "queued", due: .seconds(600))
            try await Self.record(source, ["task:a", "task:b"], state: "started", due: .seconds(600))
            try await Self.record(source, ["task:late"], state: "started", due: .zero)
            let copy = BrokerCopy(source: source.store, target: target.store)
            #expect(try await copy.run().tasks == 4)
            let listed = try await source.broker.tasks.list(TaskEntryQuery())
            #expect(try await target.broker.tasks.list(TaskEntryQuery()) == listed)
            let states = TaskEntryQuery(states: ["queued"])
            #expect(try await target.broker.tasks.list(states).map(\.channel) == ["task:old"])
            #expect(try await target.broker.tasks.claimDue(limit: 9, for: .seconds(60)).channels == ["task:late"])
            // Again, it changes nothing, and takes no one's claim away.
            #expect(try await copy.run().tasks == 4)
            #expect(try await target.broker.tasks.list(TaskEntryQuery()) == listed)
            #expect(try await target.broker.tasks.claimDue(limit: 9, for: .seconds(60)).channels.isEmpty)
        }
    }

    @Test(arguments: Pair.all) func `A task that became another since is so in the target, with its due`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            let copy = BrokerCopy(source: source.store, target: target.store)
            try await Self.record(source, ["task:a"], state: "queued", due: .seconds(600))
            _ = try await copy.run()
            try await Self.record(source, ["task:a"], state: "started", due: .zero)
            _ = try await copy.run()
            let listed = try await source.broker.tasks.list(TaskEntryQuery())
            #expect(try await target.broker.tasks.list(TaskEntryQuery()) == listed)
            #expect(try await target.broker.tasks.claimDue(limit: 9, for: .seconds(60)).channels == ["task:a"])
        }
    }

    @Test(arguments: Pair.all) func `A task that went on in the target, or has no channel there, is left alone`(
        _ pair: Pair
    ) async throws {
        try await pair.run { source, target in
            let copy = BrokerCopy(source: source.store, target: target.store)
            try await Self.record(source, ["task:a"], state: "started", due: .zero)
            _ = try await copy.run()
            try await Self.record(target, ["task:a"], state: "finished", due: .seconds(600))
            try await source.broker.tasks.record([
                TaskEntry(channel: "task:nowhere", state: "started", due: .zero)
            ])
            #expect(try await copy.run().tasks == 0)
            let listed = try await target.broker.tasks.list(TaskEntryQuery())
            #expect(listed.map(\.state) == ["finished"])
            #expect(try await target.broker.tasks.claimDue(limit: 9, for: .seconds(60)).channels.isEmpty)
        }
    }

    @Test(arguments: Pair.all) func `A registry of many pages is copied whole`(_ pair: Pair) async throws {
        try await pair.run { source, target in
            let names = try (0..<1200).map { try ChannelName("task:\($0 * 7919 % 1200)") }
            for start in stride(from: 0, to: names.count, by: 400) {
                let state = start == 0 ? "queued" : "started"
                try await Self.record(source, Array(names[start..<start + 400]), state: state, due: .seconds(600))
            }
            #expect(try await BrokerCopy(source: source.store, target: target.store).run().tasks == 1200)
            for state in ["queued", "started"] {
                let query = TaskEntryQuery(states: [state])
                #expect(try await target.broker.tasks.list(query) == source.broker.tasks.list(query))
            }
        }
    }
}
