import BrokerCore
import Tasks

/// A task of a case, as two processes with a handle each have it.
struct TaskUnderTest: Sendable {
    let id: TaskID
    /// One on each handle: the writer's, the reader's.
    let stores: [TaskStore]
    private let handle: ConformanceHandle

    init(_ label: String, in namespace: ConformanceNamespace, of context: ConformanceContext) throws {
        let channel = try context.channel(label, in: namespace)
        // So that what is on it goes too.
        _ = try context.channel(label + TaskID.controlSuffix, in: namespace)
        let tasks = try TaskNamespace(String(try require(channel.namespace, "namespace")))
        id = try require(tasks.id(of: channel), "task of \(channel)")
        stores = context.handles.map { handle in
            TaskStore(broker: handle.broker, namespace: tasks) { _ in namespace.policy }
        }
        handle = context.reader
    }

    var writer: TaskStore { stores[0] }
    var reader: TaskStore { stores[1] }

    @discardableResult
    func change(_ change: TaskChange) async throws -> TaskSnapshot { try await writer.change(id, change) }

    /// Brings a new task there by the shortest way.
    @discardableResult
    func become(_ state: TaskState, lease: Duration? = nil) async throws -> TaskSnapshot {
        _ = try await writer.create(TaskCreation(id: id))
        switch state {
        case .queued: return try await snapshot()
        case .started: return try await change(TaskChange(state: .started, lease: lease))
        case .finished, .failed, .cancelled:
            try await change(TaskChange(state: .started))
            return try await change(TaskChange(state: state))
        case .lost:
            try await change(TaskChange(state: .started, lease: .milliseconds(1)))
            return try await lose()
        }
    }

    /// Looks after what is due until the task is lost.
    @discardableResult
    func lose() async throws -> TaskSnapshot {
        try await Deadline.within(handle.patience, waitingFor: "the task to be lost") {
            while try await snapshot().state != .lost {
                for store in stores { try await LeaseSweep(store: store).round() }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        return try await snapshot()
    }

    func snapshot() async throws -> TaskSnapshot { try await reader.snapshot(of: id) }

    /// Expects that the change is refused, and returns why.
    func refusal(
        of change: TaskChange, file: String = #fileID, line: Int = #line
    ) async throws -> TaskError {
        try await refusal(file: file, line: line) { () throws(TaskError) in try await writer.change(id, change) }
    }

    /// Expects that the body is refused, and returns why.
    func refusal(
        file: String = #fileID, line: Int = #line, of body: () async throws(TaskError) -> TaskSnapshot
    ) async throws -> TaskError {
        let snapshot: TaskSnapshot
        do throws(TaskError) { snapshot = try await body() } catch { return error }
        throw ConformanceFailure("it became \(snapshot.json)", file: file, line: line)
    }

    /// What the log holds.
    func log() async throws -> [Message] { try await handle.recover(id.channel).messages }

    /// The states that the log tells of.
    func states() async throws -> [TaskState] {
        try await log().filter { $0.event == TaskNames.state }.compactMap { message in
            TaskState.allCases.first { message.data.contains("\"state\":\"\($0.rawValue)\"") }
        }
    }

    /// The lines of output that the log has.
    func lines() async throws -> [String] { try await log().filter { $0.event == .log }.map(\.data) }

    /// Expects that what the body does leaves the channel as it is.
    func unchanged(file: String = #fileID, line: Int = #line, _ body: () async throws -> Void) async throws {
        let before = try await handle.broker.inspect(id.channel)
        try await body()
        let after = try await handle.broker.inspect(id.channel)
        try expectEqual(after, before, "the task after a refusal", file: file, line: line)
    }
}

extension ConformanceContext {
    /// A task of this case, which is deleted when the case is over.
    func underTest(_ label: String = "a", in namespace: ConformanceNamespace = .ordinary) throws -> TaskUnderTest {
        try TaskUnderTest(label, in: namespace, of: self)
    }
}
