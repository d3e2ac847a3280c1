import BrokerCore
import Testing

@testable import Tasks

@Suite("Who looks after leases")
struct SweepTests {
    @Test("Sweeps that got the same task, since a claim ended too soon, lose it once", .timeLimit(.minutes(1)))
    func sharedClaim() async throws {
        let broker = CountingBroker(sharesClaims: true)
        let tasks = try TaskNamespace("task")
        let store = TaskStore(broker: broker, namespace: tasks) { _ in RetentionPolicy() }
        let ids = try (0..<20).map { try TaskID("t\($0)", namespace: tasks) }
        for id in ids { _ = try await store.change(id, TaskChange(state: .started, lease: .seconds(60))) }
        while try await store.list(TaskQuery(states: [.lost])).tasks.count < ids.count {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { _ = try? await LeaseSweep(store: store).round() } }
            }
        }
        for id in ids { #expect(try await broker.inspect(id.channel)?.top == 2) }
    }

    @Test("It goes on when the broker was away, and ends when it is cancelled", .timeLimit(.minutes(1)))
    func runs() async throws {
        let broker = CountingBroker()
        let store = TaskStore(broker: broker, namespace: try TaskNamespace("task")) { _ in RetentionPolicy() }
        let id = try TaskID("42", namespace: store.namespace)
        _ = try await store.change(id, TaskChange(state: .started, lease: .milliseconds(1)))
        broker.fail(true)
        let sweep = Task { await LeaseSweep(store: store).run() }
        while broker.calls.claim == 0 { try await Task.sleep(for: .milliseconds(5)) }
        broker.fail(false)
        while try await store.snapshot(of: id).state != .lost { try await Task.sleep(for: .milliseconds(5)) }
        sweep.cancel()
        await sweep.value
    }
}
