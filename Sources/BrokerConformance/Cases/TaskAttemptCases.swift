import BrokerCore
import Tasks

extension ConformanceSuite {
    static let taskAttempts: [ConformanceCase] = [
        ConformanceCase(
            "task-zombie",
            promise: "Once attempt 2 has begun, attempt 1 writes nothing: no state, no progress, no line."
        ) { context in
            let task = try context.underTest()
            try await task.become(.failed)
            try await task.change(TaskChange(state: .started, attempt: 2))
            let progress = TaskChange(attempt: 1, progress: try TaskProgress(percent: 50))
            let writes = [
                TaskChange(state: .finished, attempt: 1), TaskChange(state: .started, attempt: 1), progress,
                TaskChange(attempt: 1, log: ["late"]), TaskChange(attempt: 1, title: "late"), TaskChange(attempt: 1),
            ]
            try await task.unchanged {
                for write in writes {
                    try expectEqual(
                        try await task.refusal(of: write),
                        .fenced(attempt: 1, current: .started, currentAttempt: 2), "refusal")
                }
                let native = Publication(channel: task.id.channel, data: "late", fence: 1)
                try expectEqual(try await context.writer.refusal(of: native), .fenced(highest: 2), "refusal")
            }
        },
        ConformanceCase(
            "task-anew",
            promise: "A new attempt opens the channel, hides the progress of the last, and begins without its result."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            let most = try TaskProgress(percent: 90)
            try await task.change(
                TaskChange(progress: most, worker: "w", title: "T", meta: "7", lease: .seconds(9)))
            let failed = try await task.change(TaskChange(state: .failed, result: "1", error: "\"no\""))
            try expect(failed.progress != nil && failed.error == "\"no\"", "failed: \(failed.json)")
            try await context.passes(try require(failed.ended, "end"))
            let anew = try await task.writer.create(TaskCreation(id: task.id, attempt: 2))
            try expectEqual(anew.progress, nil, "progress")
            try expectEqual([anew.result, anew.error, anew.worker], [nil, nil, nil], "result, error, worker")
            try expect(anew.lease == nil && anew.started == nil && anew.ended == nil, "anew: \(anew.json)")
            try expectEqual([anew.title, anew.meta], ["T", "7"], "title and meta")
            try expectEqual(anew.created, failed.created, "created")
            try expect(try await !context.reader.status(task.id.channel).closed, "the channel is closed")
            let moved = TaskChange(state: .started, progress: try TaskProgress(percent: 5))
            let progress = try require(try await task.change(moved).progress, "progress")
            try expect(progress.json.contains("\"percent\":5"), "progress is \(progress.json)")
        },
        ConformanceCase(
            "task-exists",
            promise: "A task that there is can be created only as a new attempt."
        ) { context in
            let task = try context.underTest()
            for state in [TaskState.queued, .finished] {
                if state == .finished {
                    try await task.change(TaskChange(state: .started))
                    try await task.change(TaskChange(state: .finished))
                } else {
                    try await task.become(.queued)
                }
                try await task.unchanged {
                    for attempt in [nil, 1] as [UInt64?] {
                        let creation = TaskCreation(id: task.id, attempt: attempt)
                        let refusal = try await task.refusal { () throws(TaskError) in
                            try await task.writer.create(creation)
                        }
                        try expectEqual(
                            refusal, .illegalTransition(to: "queued", current: state, attempt: 1), "refusal")
                    }
                }
            }
        },
        ConformanceCase(
            "task-repeat",
            promise: "A request that is repeated with its idempotency key answers with the task, and does nothing."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            let (lines, end) = (TaskChange(log: ["a", "b"]), TaskChange(state: .finished, log: ["c"], result: "1"))
            let keys = [try IdempotencyKey("first"), try IdempotencyKey(String(repeating: "k", count: 255))]
            for (change, key) in [(lines, keys[0]), (lines, keys[0]), (end, keys[1])] {
                _ = try await task.writer.change(task.id, change, idempotencyKey: key)
            }
            try await task.unchanged {
                for (change, key) in [(lines, keys[0]), (end, keys[1])] {
                    let snapshot = try await task.reader.change(task.id, change, idempotencyKey: key)
                    try expect(snapshot.state == .finished && snapshot.result == "1", "it is \(snapshot.json)")
                }
                guard case .illegalTransition = try await task.refusal(of: end) else {
                    throw ConformanceFailure("without its key the end was not refused as a transition")
                }
            }
            try expectEqual(try await task.lines(), ["a", "b", "c"], "lines")
        },
        ConformanceCase(
            "task-create-repeat",
            promise: "A creation without an id that is repeated with its idempotency key makes one task."
        ) { context in
            let task = try context.underTest()
            let key = try IdempotencyKey("\(task.id)")
            let first = try await task.writer.create(TaskCreation(title: "T"), idempotencyKey: key)
            let again = try await task.reader.create(TaskCreation(title: "T"), idempotencyKey: key)
            let other = try await task.reader.create(TaskCreation(title: "T"))
            for snapshot in [first, other] { _ = try await task.writer.delete(snapshot.id) }
            try expectEqual(again, first, "the task of the repetition")
            try expect(other.id != first.id, "a creation without a key gave an id twice")
        },
    ]
}
