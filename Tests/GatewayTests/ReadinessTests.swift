import BrokerCore
import Testing

@testable import Gateway

@Suite struct ReadinessTests {
    @Test func `all who ask at the same time share one round trip`() async throws {
        let broker = PingedBroker()
        let readiness = Readiness(broker: broker, patience: .seconds(60))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { try await readiness.check() } }
            while await broker.asked == 0 || readiness.waiting < 100 { await Task.yield() }
            await broker.answer(.success(()))
            try await group.waitForAll()
        }
        #expect(await broker.asked == 1)
    }

    @Test func `who asks after an answer asks the broker again, and hears what it says`() async throws {
        let broker = PingedBroker()
        let readiness = Readiness(broker: broker, patience: .seconds(60))
        let first = Task { try await readiness.check() }
        await broker.answer(.success(()))
        try await first.value
        let reason = BrokerError.unavailable(reason: "no pub/sub")
        let second = Task { try await readiness.check() }
        await broker.answer(.failure(reason))
        await #expect(throws: reason) { try await second.value }
        #expect(await broker.asked == 2)
    }

    @Test func `a broker that never answers keeps nobody, and is not asked again before it has answered`() async throws
    {
        let broker = PingedBroker()
        let readiness = Readiness(broker: broker, patience: .seconds(1))
        for _ in 0..<3 {
            await #expect { try await readiness.check() } throws: { error in
                "\(error)".contains("not answered a ping within 1.0 seconds")
            }
        }
        #expect(await broker.asked == 1)
        await broker.answer(.success(()))
        while readiness.isOverdue { await Task.yield() }
        let next = Task { try await readiness.check() }
        await broker.answer(.success(()))
        try await next.value
        #expect(await broker.asked == 2)
    }
}

/// A broker that can only be pinged, and answers when it is told to.
private actor PingedBroker: Broker {
    private(set) var asked = 0
    private var waiting: [CheckedContinuation<Result<Void, BrokerError>, Never>] = []

    /// Answers the next ping, when it has come.
    func answer(_ answer: Result<Void, BrokerError>) async {
        while waiting.isEmpty { await Task.yield() }
        waiting.removeFirst().resume(returning: answer)
    }

    func ping() async throws(BrokerError) {
        asked += 1
        try await withCheckedContinuation { waiting.append($0) }.get()
    }

    nonisolated let events = BrokerEvents()
    nonisolated var tasks: any TaskRegistry { NoTasks() }
    private let absent = BrokerError.unavailable(reason: "it can only be pinged")

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        publications.map { _ in .failure(absent) }
    }
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery { throw absent }
    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? { throw absent }
    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool { throw absent }
    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] { throw absent }
    func attach(_ channels: [ChannelName]) async throws(BrokerError) { throw absent }
    func detach(_ channels: [ChannelName]) async {}
    func run() async throws {}
}

/// A registry that is away.
private struct NoTasks: TaskRegistry {
    private let absent = BrokerError.unavailable(reason: "there are no tasks")

    func record(_ entries: [TaskEntry]) async throws(BrokerError) { throw absent }
    func remove(_ channels: [ChannelName]) async throws(BrokerError) { throw absent }
    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks { throw absent }
    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] { throw absent }
}
