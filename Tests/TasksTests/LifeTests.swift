import BrokerCore
import Testing

@testable import Tasks

@Suite("A task's whole life")
struct LifeTests {
    let broker = CountingBroker(sharesClaims: true)
    let store: TaskStore
    let id: TaskID

    init() throws {
        store = TaskStore(broker: broker, namespace: try TaskNamespace("task"), messageBytes: 1000) { _ in
            RetentionPolicy()
        }
        id = try TaskID("42", namespace: store.namespace)
    }

    @Test("A wish to end a task is not heard by a later task of the same name", arguments: [true, false])
    func oldWish(queued: Bool) async throws {
        _ = try await store.change(id, TaskChange(state: .started))
        _ = try await store.cancel(id)
        // As when its time is over, which the control channel's need not be.
        _ = try await broker.delete(id.channel)
        #expect(try await broker.inspect(id.control) != nil)
        _ = try await store.change(id, TaskChange(state: queued ? .queued : .started))
        #expect(try await broker.inspect(id.control) == nil)
    }

    /// The largest meta that is taken with a change.
    private func fill(_ change: TaskChange) async throws {
        var change = change
        for bytes in (0...1000).reversed() {
            change.meta = "\"\(String(repeating: "x", count: bytes))\""
            do { _ = try await store.change(id, change) } catch .broker(.tooLarge) { continue }
            return
        }
    }

    @Test("However much a task says of itself, there is room for its wish to end, its loss and its end")
    func room() async throws {
        try await fill(TaskChange(state: .queued))
        _ = try await store.change(id, TaskChange(state: .started))
        try await fill(TaskChange(lease: .seconds(60)))
        _ = try await store.cancel(id)
        try await LeaseSweep(store: store).round()
        #expect(try await store.snapshot(of: id).state == .lost)
        #expect(try await store.change(id, TaskChange(state: .cancelled)).state == .cancelled)
    }

    @Test("A task whose state someone else wrote too large is lost all the same")
    func tooLarge() async throws {
        var life = TaskLife(state: .started, attempt: 1)
        (life.lease, life.meta) = (.seconds(60), "\"\(String(repeating: "x", count: 940))\"")
        _ = await broker.publish([store.message(life, of: id, expect: 0)])
        try await broker.tasks.record([store.entry(for: life, of: id)])
        try await LeaseSweep(store: store).round()
        let lost = try await store.snapshot(of: id)
        #expect(lost.state == .lost && lost.meta == nil)
    }

    @Test("A generation that writes without a state ends the attempt before, and may start")
    func laterFence() async throws {
        _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60)))
        let line = Publication(channel: id.channel, event: .log, data: "x", fence: 7)
        _ = await broker.publish([line])
        await #expect(throws: TaskError.fenced(attempt: 1, current: .started, currentAttempt: 7)) {
            try await store.change(id, TaskChange(attempt: 1))
        }
        #expect(try await store.change(id, TaskChange(state: .started, attempt: 7)).attempt == 7)
    }

    @Test("The broker remembers keys only of what may be said twice")
    func keys() async throws {
        _ = try await store.change(id, TaskChange(state: .started))
        _ = try await store.change(id, TaskChange(progress: try TaskProgress(percent: 3)))
        _ = try await store.change(id, TaskChange(log: ["x"]))
        _ = try await store.change(id, TaskChange(title: "T"))
        #expect(broker.keyedMessages == 0)
        _ = try await store.change(id, TaskChange(log: ["x", "y"]))
        _ = try await store.change(id, TaskChange(state: .finished, log: ["z"]))
        #expect(broker.keyedMessages == 3)
    }
}
