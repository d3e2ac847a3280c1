import BrokerCore
import Testing

@testable import Tasks

/// Of two who write the registry at the same time, the one who knows less may be the later one.
@Suite("What the registry is left with when others act at the same time")
struct RaceTests {
    let broker = CountingBroker(sharesClaims: true)
    let store: TaskStore
    let id: TaskID

    init() throws {
        store = TaskStore(broker: broker, namespace: try TaskNamespace("task")) { _ in RetentionPolicy() }
        id = try TaskID("42", namespace: store.namespace)
    }

    private func recorded() async throws -> String? {
        try await broker.tasks.list(TaskEntryQuery()).first { $0.channel == id.channel }?.state
    }

    @Test("What is said of an attempt is not said of the next, which began meanwhile")
    func omittedAttempt() async throws {
        _ = try await store.change(id, TaskChange(state: .started))
        broker.beforeNextPublication { [store, id] in
            _ = try await store.change(id, TaskChange(state: .failed))
            _ = try await store.change(id, TaskChange(state: .started, attempt: 2))
        }
        await #expect(throws: TaskError.fenced(attempt: 1, current: .started, currentAttempt: 2)) {
            try await store.change(id, TaskChange(state: .finished))
        }
        #expect(try await store.snapshot(of: id).state == .started)
    }

    @Test("A lease that begins is looked after even if whoever began it dies at once")
    func dies() async throws {
        _ = try await store.create(TaskCreation(id: id))
        broker.beforeNextPublication { [broker] in broker.fail(true) }
        await #expect(throws: TaskError.broker(.unavailable(reason: "down"))) {
            try await store.change(id, TaskChange(state: .started, lease: .seconds(60)))
        }
        #expect(try await store.snapshot(of: id).state == .started)
        #expect(try await recorded() == "started" && broker.recordedWaits.last == .seconds(60))
    }

    @Test("An attempt that ended does not hide the lease of the next")
    func nextAttempt() async throws {
        _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60)))
        broker.beforeNextWrite { [store, id] in
            _ = try await store.change(id, TaskChange(state: .started, attempt: 2, lease: .seconds(60)))
        }
        _ = try await store.change(id, TaskChange(state: .failed, attempt: 1))
        #expect(try await recorded() == "started" && broker.recordedWaits.last == .seconds(60))
    }

    @Test("A worker that comes back while its task is being lost has its lease")
    func back() async throws {
        _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60)))
        broker.beforeNextWrite { [store, id] in _ = try await store.change(id, TaskChange()) }
        try await LeaseSweep(store: store).round()
        #expect(try await store.snapshot(of: id).state == .started)
        #expect(try await recorded() == "started" && broker.recordedWaits.last == .seconds(60))
    }

    @Test("A task that begins while the sweep looks at it has its lease")
    func begins() async throws {
        _ = try await store.create(TaskCreation(id: id))
        broker.beforeNextWrite { [store, id] in
            _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60)))
        }
        try await LeaseSweep(store: store).round()
        #expect(try await recorded() == "started" && broker.recordedWaits.last == .seconds(60))
    }

    @Test("A task that is made again while it is found gone is listed", arguments: [true, false])
    func madeAgain(bySweep: Bool) async throws {
        _ = try await store.create(TaskCreation(id: id))
        _ = try await broker.delete(id.channel)
        broker.beforeNextWrite { [store, id] in _ = try await store.create(TaskCreation(id: id)) }
        if bySweep {
            try await LeaseSweep(store: store).round()
        } else {
            _ = try await store.list(TaskQuery())
        }
        #expect(try await recorded() == "queued")
    }

    @Test("A list that puts an entry right does not hide a lease")
    func list() async throws {
        _ = try await store.change(id, TaskChange(state: .started))
        _ = try await store.change(id, TaskChange(state: .failed))
        try await broker.tasks.record([TaskEntry(channel: id.channel, state: "started", due: .seconds(1))])
        broker.beforeNextWrite { [store, id] in
            _ = try await store.change(id, TaskChange(state: .started, attempt: 2, lease: .seconds(60)))
        }
        _ = try await store.list(TaskQuery())
        #expect(try await recorded() == "started" && broker.recordedWaits.last == .seconds(60))
    }

    @Test("A channel that lives longer than is known here is looked at ever more seldom")
    func overdue() async throws {
        let brief = TaskStore(broker: broker, namespace: store.namespace) { _ in RetentionPolicy(ttl: .seconds(1)) }
        _ = try await store.create(TaskCreation(id: id))
        try await LeaseSweep(store: brief).round()
        #expect(try #require(broker.recordedWaits.last) > .seconds(600))
    }
}
