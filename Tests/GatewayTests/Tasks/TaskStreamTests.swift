import BrokerCore
import Hub
import Logging
import MemoryBroker
import Tasks
import Testing

@testable import Gateway

/// A reader whose snapshot is older than where its stream would open, as a busy task makes it.
@Suite struct TaskStreamTests {
    private let memory = MemoryBroker(store: MemoryStore(settings: BrokerSettings()))
    private let store: TaskStore
    private let id: TaskID

    init() throws {
        let namespace = try TaskNamespace("task")
        store = TaskStore(broker: memory, namespace: namespace, policy: { _ in RetentionPolicy() })
        id = try TaskID("42", namespace: namespace)
    }

    /// What a reader is sent whose first snapshot is of `stale`, until its task has ended.
    private func read(from start: Start, stale: ChannelStatus?) async throws -> [String] {
        let broker = BehindBroker(memory, stale: stale)
        let hub = try Hub(broker: broker, options: HubOptions(shards: 1), logger: Logger(label: "test"))
        let inspector = TaskInspector(
            tasks: TaskStore(broker: broker, namespace: store.namespace, policy: { _ in RetentionPolicy() }))
        let reader = Reader()
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await hub.run() }
            hub.open(
                SessionSeed(
                    connection: .sink { _ in RecordingSink(reader) },
                    transport: { [id] in
                        EventStream(
                            head: .eventStream(.identity), starts: [StreamStart(subject: .task(id), start: start)],
                            isSeveral: false,
                            tasks: TaskOpenings(inspector), options: EventStreamOptions(heartbeat: 60))
                    }))
            let text = await reader.whole()
            group.cancelAll()
            let lines = text.split(whereSeparator: \.isNewline).map(String.init)
            return lines.filter { $0.hasPrefix("id: ") || $0.hasPrefix("event: ") }
        }
    }

    @Test(arguments: [Start.latest, .last(1)])
    func `a stream that would open above the snapshot begins after it`(start: Start) async throws {
        _ = try await store.create(TaskCreation(id: id))
        let stale = try #require(try await memory.inspect(id.channel))
        _ = try await store.change(id, TaskChange(state: .started))
        _ = try await store.change(id, TaskChange(state: .finished))
        let epoch = stale.epoch
        let found = try await read(from: start, stale: stale)
        #expect(
            found == [
                "event: task", "id: \(epoch):1", "event: stream-open", "id: \(epoch):2", "event: state",
                "id: \(epoch):3", "event: state", "event: stream-end",
            ])
    }

    @Test func `a snapshot of a channel that is gone is taken anew, and no gap is told`() async throws {
        _ = try await store.create(TaskCreation(id: id))
        let stale = try #require(try await memory.inspect(id.channel))
        _ = try await store.delete(id)
        _ = try await store.create(TaskCreation(id: id))
        _ = try await store.cancel(id)
        let epoch = try #require(try await memory.inspect(id.channel)).epoch
        #expect(epoch != stale.epoch)
        let found = try await read(from: .latest, stale: stale)
        #expect(found == ["event: task", "id: \(epoch):2", "event: stream-open", "event: stream-end"])
    }
}

/// A broker that shows at first how a channel once was.
private actor BehindBroker: Broker {
    private let memory: MemoryBroker
    private var stale: ChannelStatus?

    init(_ memory: MemoryBroker, stale: ChannelStatus?) {
        self.memory = memory
        self.stale = stale
    }

    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        guard let stale else { return try await memory.inspect(channel) }
        self.stale = nil
        return stale
    }

    nonisolated var events: BrokerEvents { memory.events }
    nonisolated var tasks: any TaskRegistry { memory.tasks }

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await memory.publish(publications)
    }
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery { try await memory.recover(channel, from: start, limit: limit) }
    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool { try await memory.delete(channel) }
    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] { try await memory.list(query) }
    func attach(_ channels: [ChannelName]) async throws(BrokerError) { try await memory.attach(channels) }
    func detach(_ channels: [ChannelName]) async { await memory.detach(channels) }
    func ping() async throws(BrokerError) { try await memory.ping() }
    func run() async throws { try await memory.run() }
}

/// What a session has written, once it has ended.
private final class Reader: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isOver = false
        var waiting: CheckedContinuation<String, Never>?
    }

    private let state = Locked(State())

    func take(_ bytes: UnsafeRawBufferPointer) { state.withLock { $0.bytes += bytes } }

    func end() {
        let (waiting, text) = state.withLock { state in
            defer { (state.isOver, state.waiting) = (true, nil) }
            return (state.waiting, String(decoding: state.bytes, as: UTF8.self))
        }
        waiting?.resume(returning: text)
    }

    func whole() async -> String {
        await withCheckedContinuation { continuation in
            let text = state.withLock { state -> String? in
                if state.isOver { return String(decoding: state.bytes, as: UTF8.self) }
                state.waiting = continuation
                return nil
            }
            if let text { continuation.resume(returning: text) }
        }
    }
}

/// A sink that keeps what it is given.
private final class RecordingSink: Sink {
    private let reader: Reader

    init(_ reader: Reader) {
        self.reader = reader
    }

    func write(_ segments: borrowing SegmentQueue) -> Int? {
        segments.forEachWhile { segment in
            reader.take(segment.content)
            return true
        }
        return segments.bytes
    }

    func finish() { reader.end() }
    func close() { reader.end() }
    var unacknowledgedMilliseconds: UInt32 { 0 }
    func setReading(_: Bool) {}
}
