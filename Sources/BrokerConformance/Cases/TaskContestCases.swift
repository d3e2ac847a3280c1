import BrokerCore
import Tasks

/// Writers of one task at the same time, over both handles.
extension ConformanceSuite {
    static let taskContests: [ConformanceCase] = [
        ConformanceCase(
            "task-race-end",
            promise: "Of many who end a task in different ways, exactly one does; the others are told how it ended."
        ) { context in
            for round in 0..<20 {
                let task = try context.underTest("\(round)")
                try await task.become(.started)
                let answers = await contest(of: task) { contender in
                    TaskChange(state: contender.isMultiple(of: 2) ? .finished : .failed, result: "\(contender)")
                }
                let winners = answers.indices.filter { answers[$0].refusal == nil }
                try expectEqual(winners.count, 1, "how many ended it")
                let end = try await task.snapshot()
                try expectEqual(end.result, "\(winners[0])", "result")
                for refusal in answers.compactMap(\.refusal) {
                    guard case .illegalTransition(_, end.state, 1) = refusal else {
                        throw ConformanceFailure("one was told \(refusal), of \(end.json)")
                    }
                }
                try expectEqual(try await task.states().count, 3, "states in the log")
            }
        },
        ConformanceCase(
            "task-race-fields",
            promise: "Of many who set different fields at the same time, none undoes what another has set."
        ) { context in
            for round in 0..<20 {
                let task = try context.underTest("\(round)")
                try await task.become(.started)
                let changes = [
                    TaskChange(title: "T"), TaskChange(meta: "[2]"), TaskChange(worker: "w"),
                    TaskChange(lease: .seconds(60)),
                ]
                for answer in await contest(of: task, 4, { changes[$0] }) { _ = try answer.get() }
                let snapshot = try await task.snapshot()
                try expectEqual([snapshot.title, snapshot.meta, snapshot.worker], ["T", "[2]", "w"], "fields")
                try expectEqual(snapshot.lease, .seconds(60), "lease")
            }
        },
        ConformanceCase(
            "task-race-anew",
            promise: "Of many who begin the same new attempt, exactly one does."
        ) { context in
            for round in 0..<20 {
                let task = try context.underTest("\(round)")
                try await task.become(.failed)
                let answers = await contest(of: task) { _ in TaskChange(state: .queued, attempt: 2, worker: nil) }
                _ = try answers.map { try $0.get() }
                try expectEqual(try await task.states(), [.queued, .started, .failed, .queued], "states in the log")
            }
        },
        ConformanceCase(
            "task-race-lines",
            promise: "However a task's writers race with one another, no line of output is lost or doubled."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            for round in 0..<10 {
                let answers = await contest(of: task, 4) { contender in
                    let lines = (0..<3).map { "\(round) \(contender) \($0)" }
                    return TaskChange(log: lines, title: contender.isMultiple(of: 2) ? "\(round) \(contender)" : nil)
                }
                _ = try answers.map { try $0.get() }
            }
            let lines = try await task.lines()
            try expectEqual(Set(lines).count, lines.count, "lines that are not doubled")
            try expectEqual(lines.count, 120, "lines")
            for writer in Set(lines.map { $0.dropLast() }) {
                try expectEqual(lines.filter { $0.dropLast() == writer }, (0..<3).map { "\(writer)\($0)" }, "order")
            }
        },
    ]

    /// The changes at the same time. The answers are in the order of the contenders.
    private static func contest(
        of task: TaskUnderTest, _ contenders: Int = 8, _ change: @escaping @Sendable (_ contender: Int) -> TaskChange
    ) async -> [Result<TaskSnapshot, TaskError>] {
        await withTaskGroup(of: (Int, Result<TaskSnapshot, TaskError>).self) { group in
            for contender in 0..<contenders {
                group.addTask {
                    let store = task.stores[contender % 2]
                    do throws(TaskError) {
                        return (contender, .success(try await store.change(task.id, change(contender))))
                    } catch { return (contender, .failure(error)) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

extension Result {
    fileprivate var refusal: Failure? {
        if case .failure(let refusal) = self { refusal } else { nil }
    }
}
