import BrokerCore
import Tasks
import Testing

@testable import Gateway

@Suite struct TaskInspectorTests {
    private let broker = InspectedBroker()
    private let inspector: TaskInspector
    private let id: TaskID

    init() throws {
        let namespace = try TaskNamespace("task")
        inspector = TaskInspector(
            tasks: TaskStore(broker: broker, namespace: namespace, policy: { _ in RetentionPolicy() }))
        id = try TaskID("42", namespace: namespace)
    }

    private func status(top: UInt64) throws -> ChannelStatus {
        ChannelStatus(
            channel: id.channel, epoch: try #require(Epoch("a")), top: top, trimmed: 0, closed: false, fence: nil,
            retained: [])
    }

    @Test func `all who ask while a task is looked at share the next look`() async throws {
        let first = Task { try await inspector.snapshot(of: id).get().top.offset }
        while await broker.waiting == 0 { await Task.yield() }
        let others = (0..<100).map { _ in Task { try await inspector.snapshot(of: id).get().top.offset } }
        while inspector.waitingCount(for: id) < others.count { await Task.yield() }
        #expect(await broker.asked == 1)
        await broker.answer(.success(try status(top: 1)))
        #expect(try await first.value == 1)
        await broker.answer(.success(try status(top: 2)))
        for other in others { #expect(try await other.value == 2) }
        #expect(await broker.asked == 2)
    }

    @Test func `who asks after an answer has the task looked at again`() async throws {
        for top in [1, 2] as [UInt64] {
            let asking = Task { try await inspector.snapshot(of: id).get().top.offset }
            await broker.answer(.success(try status(top: top)))
            #expect(try await asking.value == top)
        }
        #expect(await broker.asked == 2)
    }

    @Test func `a failure is every asker's, and the next look is taken all the same`() async throws {
        let failure = BrokerError.unavailable(reason: "down")
        let asking = Task { try await inspector.snapshot(of: id).get() }
        await broker.answer(.failure(failure))
        await #expect(throws: TaskError.broker(failure)) { try await asking.value }
        let again = Task { try await inspector.snapshot(of: id).get() }
        await broker.answer(.success(nil))
        #expect(try await again.value.exists == false)
    }
}

/// A broker that can only be asked for a channel's status, and answers when it is told to.
private actor InspectedBroker: Broker {
    private(set) var asked = 0
    private var continuations: [CheckedContinuation<Result<ChannelStatus?, BrokerError>, Never>] = []

    var waiting: Int { continuations.count }

    /// Answers the next question, when it has come.
    func answer(_ answer: Result<ChannelStatus?, BrokerError>) async {
        while continuations.isEmpty { await Task.yield() }
        continuations.removeFirst().resume(returning: answer)
    }

    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        asked += 1
        return try await withCheckedContinuation { continuations.append($0) }.get()
    }

    nonisolated let events = BrokerEvents()
    nonisolated var tasks: any TaskRegistry { UnusedRegistry() }
    private let absent = BrokerError.unavailable(reason: "it can only be inspected")

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        publications.map { _ in .failure(absent) }
    }
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery { throw absent }
    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool { throw absent }
    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] { throw absent }
    func attach(_ channels: [ChannelName]) async throws(BrokerError) { throw absent }
    func detach(_ channels: [ChannelName]) async {}
    func ping() async throws(BrokerError) { throw absent }
    func run() async throws {}
}

/// A registry that nobody asks.
private struct UnusedRegistry: TaskRegistry {
    private let absent = BrokerError.unavailable(reason: "there are no tasks")

    func record(_ entries: [TaskEntry]) async throws(BrokerError) { throw absent }
    func remove(_ channels: [ChannelName]) async throws(BrokerError) { throw absent }
    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks { throw absent }
    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] { throw absent }
}
