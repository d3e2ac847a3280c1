import BrokerCore
import Tasks

/// Takes the snapshots that streams of tasks begin with. All who ask for a task while it is being looked at share the next look, so
/// ten thousand readers who come back together cost the broker a handful, and nobody is shown what was so before it asked.
final class TaskInspector: Sendable {
    typealias Answer = Result<TaskSnapshot, TaskError>
    private typealias Waiting = [CheckedContinuation<Answer, Never>]

    private let tasks: TaskStore
    /// Who waits for the next look at each task that is being looked at: at most one entry a stream and task.
    private let waiting = Locked<[TaskID: Waiting]>([:])

    init(tasks: TaskStore) {
        self.tasks = tasks
    }

    /// How many wait for the next look at the task.
    func waitingCount(for id: TaskID) -> Int { waiting.withLock { $0[id]?.count ?? 0 } }

    /// The task as it is after the call.
    func snapshot(of id: TaskID) async -> Answer {
        await withCheckedContinuation { continuation in
            let isFirst = waiting.withLock { waiting in
                let isFirst = waiting[id] == nil
                waiting[id, default: []].append(continuation)
                return isFirst
            }
            if isFirst { Task { await self.look(at: id) } }
        }
    }

    /// Looks until nobody waits.
    private func look(at id: TaskID) async {
        while let asked = next(id) {
            let answer: Answer
            do throws(TaskError) {
                answer = .success(try await tasks.snapshot(of: id))
            } catch {
                answer = .failure(error)
            }
            for continuation in asked { continuation.resume(returning: answer) }
        }
    }

    /// Those who have asked so far; `nil` when nobody has, and then the looking ends.
    private func next(_ id: TaskID) -> Waiting? {
        waiting.withLock { waiting in
            guard let asked = waiting[id], !asked.isEmpty else {
                waiting[id] = nil
                return nil
            }
            waiting[id] = []
            return asked
        }
    }
}
