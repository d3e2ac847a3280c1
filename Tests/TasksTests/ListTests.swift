import BrokerCore
import MemoryBroker
import Testing

@testable import Tasks

@Suite("The list of tasks")
struct ListTests {
    let broker = MemoryBroker(store: MemoryStore(settings: BrokerSettings()))
    let store: TaskStore

    init() throws {
        store = TaskStore(broker: broker, namespace: try TaskNamespace("task")) { _ in RetentionPolicy() }
    }

    private func make(_ names: ClosedRange<Int>) async throws -> [TaskID] {
        var ids: [TaskID] = []
        for name in names {
            ids.append(try TaskID("t\(name)", namespace: store.namespace))
            _ = try await store.create(TaskCreation(id: ids.last))
        }
        return ids
    }

    @Test("Pages follow one another by their cursors, and other namespaces' tasks are in none")
    func pages() async throws {
        let ids = try await make(100...124)
        try await broker.tasks.record([
            TaskEntry(channel: try ChannelName("other:1"), state: "queued", due: .seconds(60))
        ])
        var (found, query): ([TaskID], TaskQuery) = ([], TaskQuery(limit: 10))
        repeat {
            let page = try await store.list(query)
            #expect(page.tasks.count <= 10)
            found += page.tasks.map(\.id)
            query.cursor = try page.cursor.map { try #require(TaskCursor($0.description)) }
        } while query.cursor != nil
        #expect(found == ids.reversed())
        #expect(try await broker.tasks.list(TaskEntryQuery()).contains { $0.channel.rawValue == "other:1" })
    }

    @Test("What the list has wrong is not shown under the wrong state, and then put right")
    func repairs() async throws {
        let ids = try await make(1...3)
        _ = try await store.cancel(ids[1])
        // As a gateway leaves it that died between a change and its entry.
        let stale = TaskEntry(channel: ids[1].channel, state: "started", due: .seconds(60))
        try await broker.tasks.record([stale])
        _ = try await broker.delete(ids[2].channel)
        #expect(try await store.list(TaskQuery(states: [.started])).tasks.isEmpty)
        #expect(try await store.list(TaskQuery()).tasks.map(\.id) == [ids[1], ids[0]])
        let entries = try await broker.tasks.list(TaskEntryQuery())
        #expect(entries.map(\.state) == ["cancelled", "queued"])
    }

    @Test("An attempt that goes on after cancelling is listed by what it is")
    func states() async throws {
        let ids = try await make(1...4)
        _ = try await store.change(ids[0], TaskChange(state: .started))
        _ = try await store.cancel(ids[0])
        _ = try await store.cancel(ids[1])
        _ = try await store.change(ids[1], TaskChange(state: .started, attempt: 2))
        let started = try await store.list(TaskQuery(states: [.started])).tasks
        #expect(started.map(\.id) == [ids[1], ids[0]] && started.map(\.cancelRequested) == [false, true])
        #expect(try await store.list(TaskQuery(states: [.queued, .cancelled])).tasks.map(\.id) == [ids[3], ids[2]])
    }

    @Test("Who may see one of two thousand tasks has it in a few rounds, however short its page")
    func few() async throws {
        let broker = CountingBroker()
        let store = TaskStore(broker: broker, namespace: store.namespace) { _ in RetentionPolicy() }
        let own = try TaskID("own", namespace: store.namespace)
        _ = try await store.create(TaskCreation(id: own))
        for batch in 0..<20 {
            try await broker.tasks.record(
                try (0..<100).map {
                    TaskEntry(
                        channel: try ChannelName("task:t\(batch * 100 + $0)"), state: "queued", due: .seconds(60))
                })
        }
        broker.reset()
        let page = try await store.list(TaskQuery(limit: 1)) { $0 == own }
        #expect(page.tasks.map(\.id) == [own])
        #expect(broker.calls.list <= 3)
        #expect(broker.calls.inspect == 1)
    }
}
