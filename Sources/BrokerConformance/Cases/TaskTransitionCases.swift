import BrokerCore
import Tasks

extension ConformanceSuite {
    static let taskTransitions: [ConformanceCase] = [
        ConformanceCase(
            "task-life",
            promise: "A task is queued, started and finished, and its snapshot tells of it, with the broker's times."
        ) { context in
            let task = try context.underTest()
            let queued = try await task.writer.create(TaskCreation(id: task.id, title: "Build", meta: "{\"n\": [1]}"))
            try expect(queued.state == .queued && queued.attempt == 1, "created: \(queued.json)")
            try await task.change(TaskChange(state: .started, worker: "w:1", lease: .seconds(30)))
            try await task.change(TaskChange(state: .finished, result: "{\"exit\":0}"))
            let end = try await task.snapshot()
            try expectEqual(end.state, .finished, "state")
            try expectEqual([end.title, end.meta, end.worker], ["Build", "{\"n\": [1]}", "w:1"], "fields")
            try expectEqual([end.result, end.error], ["{\"exit\":0}", nil], "result and error")
            let times = try await task.log().map(\.time)
            try expectEqual([end.created, end.started, end.ended], times, "created, started, ended")
            try expectEqual(try await task.states(), [.queued, .started, .finished], "states in the log")
        },
        ConformanceCase(
            "task-transitions",
            promise: "Within an attempt a task goes its ways and no others; a refusal names the state and the attempt."
        ) { context in
            let ways: [TaskState: Set<TaskState>] = [
                .queued: [.queued, .started, .cancelled], .started: [.started, .finished, .failed, .cancelled],
                .lost: [.started, .finished, .failed, .cancelled],
            ]
            try await context.claiming {
                for (from, to) in pairs {
                    let task = try context.underTest("\(from)-\(to)")
                    try await task.become(from)
                    if ways[from]?.contains(to) ?? false {
                        let became = try await task.change(TaskChange(state: to)).state
                        try expectEqual(became, to, "from \(from)")
                    } else {
                        try await task.unchanged {
                            try expectEqual(
                                try await task.refusal(of: TaskChange(state: to)),
                                .illegalTransition(to: to.rawValue, current: from, attempt: 1), "\(from) to \(to)")
                        }
                    }
                }
            }
        },
        ConformanceCase(
            "task-attempts",
            promise: "Only a task that is over or lost is queued or started anew, with a higher attempt."
        ) { context in
            try await context.claiming {
                for (from, to) in pairs {
                    let task = try context.underTest("\(from)-\(to)")
                    try await task.become(from)
                    if from != .queued, from != .started, to == .queued || to == .started {
                        let anew = try await task.change(TaskChange(state: to, attempt: 3))
                        try expect(anew.state == to && anew.attempt == 3, "from \(from): \(anew.json)")
                    } else {
                        try await task.unchanged {
                            try expectEqual(
                                try await task.refusal(of: TaskChange(state: to, attempt: 2)),
                                .illegalTransition(to: to.rawValue, current: from, attempt: 1), "\(from) to \(to)")
                        }
                    }
                }
            }
        },
        ConformanceCase(
            "task-first",
            promise: "A task begins queued or started; what nobody has begun is unknown, and stays so."
        ) { context in
            let task = try context.underTest()
            let ends = [TaskState.finished, .failed, .cancelled, .lost].map { TaskChange(state: $0) }
            let lines = TaskChange(log: ["x"])
            for change in ends + [lines, TaskChange(progress: try TaskProgress(percent: 1)), TaskChange(title: "t")] {
                try expectEqual(try await task.refusal(of: change), .unknown(task.id), "refusal")
            }
            try expect(try await !task.snapshot().exists, "there is a task")
            let began = try await task.change(TaskChange(state: .started, attempt: 4))
            try expect(began.state == .started && began.attempt == 4, "begun: \(began.json)")
        },
        ConformanceCase(
            "task-final",
            promise: "A final state closes the channel: nothing more comes of the attempt, from whomever."
        ) { context in
            for state in [TaskState.finished, .failed, .cancelled] {
                let task = try context.underTest(state.rawValue)
                try await task.become(state)
                let progress = TaskChange(progress: try TaskProgress(percent: 100))
                let late = [TaskChange(log: ["late"]), progress, TaskChange(title: "late"), TaskChange()]
                try await task.unchanged {
                    for change in late {
                        guard case .illegalTransition(_, state, 1) = try await task.refusal(of: change) else {
                            throw ConformanceFailure("a \(state) task refused in another way")
                        }
                    }
                    let plain = Publication(channel: task.id.channel, data: "late")
                    try expectEqual(try await context.writer.refusal(of: plain), .closed(top: 3), "refusal")
                }
            }
        },
        ConformanceCase(
            "task-unreadable",
            promise: "A state that can't be read is unknown and harms nothing: the task can be begun over it."
        ) { context in
            for (index, nonsense) in ["", "x", "[1]", "{\"state\":7}", "{\"state\":\"asleep\"}"].enumerated() {
                let task = try context.underTest("\(index)")
                try await context.writer.publish(
                    Publication(
                        channel: task.id.channel, event: TaskNames.state, data: nonsense,
                        keeping: .loggedAndRetained(TaskNames.stateKey)))
                try expectEqual(try await task.snapshot().state, nil, "state")
                try expectEqual(try await task.refusal(of: TaskChange()), .unknown(task.id), "refusal")
                try expectEqual(try await task.become(.started).state, .started, "state of the new task")
            }
        },
    ]

    /// From every state to every one that a worker may set.
    private static let pairs = TaskState.allCases.flatMap { from in
        TaskState.allCases.filter { $0 != .lost }.map { (from, $0) }
    }
}
