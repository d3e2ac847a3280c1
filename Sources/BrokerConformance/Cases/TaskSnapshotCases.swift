import BrokerCore
import Tasks

extension ConformanceSuite {
    static let taskSnapshots: [ConformanceCase] = [
        ConformanceCase(
            "task-order",
            promise: "What one request says comes in order: the state, the progress, the lines, the end, which closes."
        ) { context in
            let task = try context.underTest()
            let follower = try await context.reader.follow(task.id.channel)
            let half = try TaskProgress(current: 1, total: 2)
            try await task.change(TaskChange(state: .started, progress: half, log: ["a", "b"]))
            let whole = try TaskProgress(current: 2, total: 2)
            try await task.change(TaskChange(state: .finished, progress: whole, log: ["c"], result: "1"))
            let heard = try await follower.announcements(through: 7)
            try expectEqual(
                heard.map(\.message.event.rawValue), ["state", "progress", "log", "log", "progress", "log", "state"],
                "events")
            try expectEqual(heard.filter { $0.message.event == .log }.map(\.message.data), ["a", "b", "c"], "lines")
            try expectEqual(heard.map(\.closes), [Bool](repeating: false, count: 6) + [true], "which closes")
            try expect(try await task.snapshot().isFinal, "the task is not over")
        },
        ConformanceCase(
            "task-progress",
            promise: "Of progress only the newest is kept, as it was written, and the log stays small."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            for percent in 1...100 {
                try await task.change(TaskChange(progress: try TaskProgress(percent: Double(percent), note: "…")))
            }
            let recovery = try await context.reader.recover(task.id.channel)
            try expectEqual(recovery.messages.map(\.offset), [1, 2, 102], "what is kept")
            let progress = try require(try await task.snapshot().progress, "progress").json
            try expect(progress.hasPrefix("{\"percent\":100,\"note\":\"…\",\"time\":\""), "progress is \(progress)")
        },
        ConformanceCase(
            "task-trimmed",
            promise: "The snapshot is there, whole, when the log has been trimmed."
        ) { context in
            let task = try context.underTest(in: .few)
            try await task.become(.started)
            try await task.change(TaskChange(progress: try TaskProgress(percent: 7), title: "T"))
            let before = try await task.snapshot()
            try await task.change(TaskChange(log: (0..<50).map { "\($0)" }))
            try expect(try await context.reader.status(task.id.channel).trimmed > 4, "the log is not trimmed")
            let after = try await task.snapshot()
            try expectEqual(after.json, before.json, "snapshot")
            try expect(after.progress != nil && after.title == "T", "snapshot: \(after.json)")
            try await task.change(TaskChange(state: .finished))
            let end = try await task.snapshot()
            try expect(end.created == before.created && end.started == before.started, "times of \(end.json)")
        },
        ConformanceCase(
            "task-version",
            promise: "The snapshot's position moves with state and progress, and with nothing else."
        ) { context in
            let task = try context.underTest()
            var seen = [try await task.become(.queued).position]
            for change in [
                TaskChange(state: .started), TaskChange(progress: try TaskProgress(percent: 1)), TaskChange(title: "T"),
                TaskChange(progress: try TaskProgress(percent: 2), log: ["x"]), TaskChange(state: .finished),
            ] {
                let answer = try await task.change(change)
                try expectEqual(answer.position, try await task.snapshot().position, "the answer's position")
                seen.append(answer.position)
                guard !answer.isFinal else { break }
                for silent in [TaskChange(log: ["y"]), TaskChange()] { try await task.change(silent) }
                try expectEqual(try await task.snapshot().position, answer.position, "position after a line")
            }
            try expectEqual(Set(seen).count, seen.count, "versions")
        },
        ConformanceCase(
            "task-list",
            promise: "Tasks are listed newest first, by their state if asked, in pages; what is gone is not."
        ) { context in
            let tasks = try (0..<5).map { try context.underTest("\($0)") }
            for task in tasks { try await task.become(.started) }
            let mine = { (page: [TaskSnapshot]) in page.map(\.id).filter { id in tasks.contains { $0.id == id } } }
            try expectEqual(mine(try await all(.started, in: tasks[0])), tasks.reversed().map(\.id), "started")
            try await tasks[3].change(TaskChange(state: .finished))
            // By no one who knows of tasks.
            _ = try await context.writer.broker.delete(tasks[1].id.channel)
            try expectEqual(mine(try await all(.started, in: tasks[0])), [4, 2, 0].map { tasks[$0].id }, "started")
            try expectEqual(mine(try await all(.finished, in: tasks[0])), [tasks[3].id], "finished")
            try expectEqual(mine(try await all(.queued, in: tasks[0])), [], "queued")
        },
        ConformanceCase(
            "task-deleted",
            promise: "A task that is deleted is unknown, and its wish to end and its place in the list go with it."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            _ = try await task.writer.cancel(task.id)
            try expect(try await task.writer.delete(task.id), "there was none")
            try expect(try await !task.writer.delete(task.id), "there still was one")
            try expectEqual(try await task.snapshot().state, nil, "state")
            try expectEqual(try await context.reader.broker.inspect(task.id.control), nil, "control channel")
            let listed = try await context.reader.listed().filter { $0.channel == task.id.channel }
            try expectEqual(listed, [], "list")
        },
    ]

    private static func all(_ state: TaskState, in task: TaskUnderTest) async throws -> [TaskSnapshot] {
        var (tasks, query): ([TaskSnapshot], TaskQuery) = ([], TaskQuery(states: [state], limit: 2))
        repeat {
            let page = try await task.reader.list(query)
            tasks += page.tasks
            query.cursor = page.cursor
            // Of a broker with many tasks of others not all pages are so small.
            query.limit = min(query.limit * 2, TaskQuery.maximumLimit)
        } while query.cursor != nil
        return tasks
    }
}
