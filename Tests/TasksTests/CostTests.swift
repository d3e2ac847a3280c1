import BrokerCore
import Testing

@testable import Tasks

@Suite("What tasks cost the broker")
struct CostTests {
    let broker = CountingBroker()
    let store: TaskStore
    let id: TaskID

    init() throws {
        let tasks = try TaskNamespace("task")
        store = TaskStore(broker: broker, namespace: tasks, messageBytes: 1000) { _ in RetentionPolicy() }
        id = try TaskID("42", namespace: tasks)
    }

    @Test("Progress is one look and one message, whatever lines come with it")
    func progress() async throws {
        _ = try await store.change(id, TaskChange(state: .started))
        broker.reset()
        let change = TaskChange(progress: try TaskProgress(percent: 3), log: ["a", "b"])
        let answer = try await store.change(id, change)
        #expect(broker.calls == CountingBroker.Calls(publish: 1, messages: 3, inspect: 1))
        let seen = try await store.snapshot(of: id)
        #expect(answer.position == seen.position && answer.top == seen.top)
        #expect(answer.progress?.members == seen.progress?.members && answer.updated == nil)
    }

    @Test("Many messages of a leased task renew its lease once a quarter of it")
    func throttled() async throws {
        _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(3600)))
        broker.reset()
        for percent in 1...50 {
            _ = try await store.change(id, TaskChange(progress: try TaskProgress(percent: Double(percent))))
        }
        try await store.renewals.renew(TaskEntry(channel: id.control, state: "started", due: .seconds(1)))
        #expect(broker.calls.entries == 2)
    }

    @Test("Heartbeats of many tasks at once are few calls, and each is acknowledged when it is recorded")
    func groupCommit() async throws {
        let tasks = store.namespace
        let ids = try (0..<300).map { try TaskID("t\($0)", namespace: tasks) }
        for id in ids { _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60))) }
        broker.reset()
        await withTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { _ = try? await store.change(id, TaskChange()) } }
        }
        let calls = broker.calls
        #expect(calls.entries == 300 && calls.record <= 150 && calls.publish == 0, "\(calls)")
        broker.fail(true)
        await #expect(throws: TaskError.broker(.unavailable(reason: "down"))) {
            try await store.change(ids[0], TaskChange())
        }
    }

    @Test("A round of the sweep with nothing due is one question")
    func idleSweep() async throws {
        for index in 0..<100 {
            let id = try TaskID("t\(index)", namespace: store.namespace)
            _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60)))
        }
        broker.reset()
        #expect(try await LeaseSweep(store: store).round() == 0)
        #expect(broker.calls == CountingBroker.Calls(claim: 1))
    }

    @Test("A round takes so many that are due, and the next takes the rest; a broker that is down ends nothing")
    func rounds() async throws {
        let names = try (0..<300).map { try TaskID("t\($0)", namespace: store.namespace).channel }
        for name in names { try await broker.tasks.record([TaskEntry(channel: name, state: "started", due: .zero)]) }
        let sweep = LeaseSweep(store: store)
        #expect(try await sweep.round() == 256)
        #expect(try await sweep.round() == 44)
        #expect(try await sweep.round() == 0)
        #expect(try await broker.tasks.list(TaskEntryQuery()).isEmpty)
        broker.fail(true)
        await #expect(throws: BrokerError.self) { try await sweep.round() }
    }

    @Test("What is too long is refused before anything is published")
    func tooLong() async throws {
        _ = try await store.change(id, TaskChange(state: .started))
        let before = try await broker.inspect(id.channel)
        let long = String(repeating: "x", count: 1001)
        let change = TaskChange(state: .finished, progress: try TaskProgress(percent: 3), log: ["a", long])
        await #expect(throws: TaskError.broker(.tooLarge(bytes: 1001, limit: 1000))) {
            try await store.change(id, change)
        }
        #expect(try await broker.inspect(id.channel) == before)
    }

    @Test("A change that says nothing new writes nothing")
    func nothingNew() async throws {
        let change = TaskChange(state: .started, worker: "w", lease: .seconds(60))
        let first = try await store.change(id, change)
        #expect(try await store.change(id, change).position == first.position)
        #expect(try await broker.inspect(id.channel)?.top == 1)
    }

    @Test("A creation's key that is in use by a task of long ago makes another task")
    func takenID() async throws {
        let key = try IdempotencyKey("k")
        let taken = try store.namespace.id(for: key, round: 0)
        _ = try await store.create(TaskCreation(id: taken))
        let made = try await store.create(TaskCreation(), idempotencyKey: key)
        #expect(made.id != taken)
        #expect(try await store.create(TaskCreation(), idempotencyKey: key) == made)
    }

    @Test("Lines of output come with the attempt they are of")
    func logs() async throws {
        _ = try await store.change(id, TaskChange(state: .started, attempt: 2, lease: .seconds(60)))
        let log = try await store.beginLog(id)
        #expect(log.attempt == 2 && log.lease == .seconds(60))
        let line = log.publication(of: "x")
        #expect(line.fence == 2 && line.event == .log && line.channel == id.channel && line.data == "x")
        broker.reset()
        await store.renew(log)
        #expect(broker.calls.record == 1)
        await #expect(throws: TaskError.self) { try await store.beginLog(id, attempt: 1) }
        _ = try await store.change(id, TaskChange(state: .finished))
        await #expect(throws: TaskError.self) { try await store.beginLog(id) }
    }
}
