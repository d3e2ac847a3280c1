import BrokerCore
import Tasks

/// Leases. Each case looks after what is due by itself, as gateways do twice a second.
extension ConformanceSuite {
    static let taskLeases: [ConformanceCase] = [
        ConformanceCase(
            "lease-lost",
            promise: "A task whose lease runs out is lost once, however many look after it, and every reader is told."
        ) { context in
            let task = try context.underTest()
            try await context.claiming {
                let follower = try await context.reader.follow(task.id.channel)
                try await task.become(.started, lease: .milliseconds(200))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { try await task.lose() } }
                    try await group.waitForAll()
                }
                try await task.lose()
                try expectEqual(try await task.states(), [.queued, .started, .lost], "states in the log")
                let last = try require(try await follower.announcements(through: 3).last, "announcement")
                try expect(last.message.data.contains("\"lost\"") && !last.closes, "heard: \(last)")
                let silence = last.message.time - (try await task.log())[1].time
                try expect(silence >= 200, "lost after \(silence) ms")
            }
        },
        ConformanceCase(
            "lease-heartbeat",
            promise: "A heartbeat renews the lease, and adds no message."
        ) { context in
            let task = try context.underTest()
            try await context.claiming {
                try await keepsAlive(task, in: context) { _ = try await task.writer.change(task.id, TaskChange()) }
                try expectEqual(try await context.reader.status(task.id.channel).top, 2, "top")
                try await task.lose()
            }
        },
        ConformanceCase(
            "lease-message",
            promise: "Any message on the task's channel renews the lease, also one that no gateway has seen."
        ) { context in
            let task = try context.underTest()
            try await context.claiming {
                try await keepsAlive(task, in: context) { try await context.writer.publish(task.id.channel, "native") }
                try await task.lose()
            }
        },
        ConformanceCase(
            "lease-back",
            promise: "A worker that was only slow brings its task back with whatever it writes."
        ) { context in
            let progress = TaskChange(attempt: 1, progress: try TaskProgress(percent: 3))
            let writes: [(TaskChange, [TaskState])] = [
                (TaskChange(), [.started]), (TaskChange(log: ["x"]), [.started]), (progress, [.started]),
                (TaskChange(title: "T"), [.started, .started]), (TaskChange(state: .started), [.started]),
                (TaskChange(state: .finished, log: ["y"], result: "1"), [.started, .finished]),
            ]
            try await context.claiming {
                for (index, (write, states)) in writes.enumerated() {
                    let task = try context.underTest("\(index)")
                    let lost = try await task.become(.lost)
                    let back = try await task.change(write)
                    try expectEqual(back.state, states.last, "state")
                    try expectEqual(back.started, lost.started, "when it was started")
                    try expectEqual(try await task.states(), [.queued, .started, .lost] + states, "states in the log")
                    try expectEqual(try await task.lines(), write.log, "lines")
                }
            }
        },
        ConformanceCase(
            "lease-wish",
            promise: "That a reader asks for the end of a task is no sign of its worker."
        ) { context in
            let task = try context.underTest()
            try await context.claiming {
                try await task.become(.started, lease: .milliseconds(600))
                let started = try require(try await task.snapshot().started, "start")
                try await context.passes(started + 300)
                let wish = try await task.reader.cancel(task.id)
                try expect(wish.cancelRequested, "it is \(wish.json)")
                try await context.passes(started + 600)
                // Were the wish a sign, the lease would run for longer than this looks.
                let end = try require(wish.updated, "time of the wish") + 500
                var (lost, now) = (wish, started)
                repeat {
                    for store in task.stores { try await LeaseSweep(store: store).round() }
                    lost = try await task.snapshot()
                    now = try await context.brokerTime()
                } while lost.state != .lost && now < end
                try expect(lost.state == .lost && lost.cancelRequested, "it is \(lost.json)")
            }
        },
        ConformanceCase(
            "lease-over",
            promise: "Only a started task with a lease is lost, whatever the registry says; what is gone is forgotten."
        ) { context in
            try await context.claiming {
                let states: [TaskState] = [.queued, .started, .finished, .lost]
                let tasks = try states.map { try context.underTest($0.rawValue) }
                for (task, state) in zip(tasks, states) { try await task.become(state) }
                let gone = try context.underTest("gone")
                let all = (tasks + [gone]).map(\.id.channel)
                try await context.writer.record(all, TaskState.started.rawValue, due: .zero)
                let time = try await context.brokerTime()
                try await context.passes(time + 1)
                while try await LeaseSweep(store: gone.writer).round() > 0 {}
                let expected = Set(zip(tasks, states).map { "\($0.id) \($1.rawValue)" })
                // A gateway that is running beside may be at it still.
                try await context.wait(for: "the list to be put right") {
                    let listed = try await context.reader.listed().filter { all.contains($0.channel) }
                    return Set(listed.map { "\(gone.writer.namespace.id(of: $0.channel)?.rawValue ?? "") \($0.state)" })
                        == expected
                }
                for (task, state) in zip(tasks, states) {
                    try expectEqual(try await task.snapshot().state, state, "state")
                }
            }
        },
        ConformanceCase(
            "lease-anew",
            promise: "The lease of an attempt ends with it: the next has its own, or none."
        ) { context in
            let task = try context.underTest()
            try await context.claiming {
                try await task.become(.started, lease: .milliseconds(50))
                try await task.lose()
                try await task.change(TaskChange(state: .started, attempt: 2))
                try await context.writer.record(task.id.channel, TaskState.started.rawValue, due: .zero)
                let began = try require(try await task.log().last, "message").time
                try await context.passes(began + 60)
                while try await LeaseSweep(store: task.reader).round() > 0 {}
                try expectEqual(try await task.snapshot().state, .started, "state")
            }
        },
    ]

    /// Starts the task with a short lease, and looks after it for longer than that while `sign` tells of its worker.
    private static func keepsAlive(
        _ task: TaskUnderTest, in context: ConformanceContext, _ sign: @escaping @Sendable () async throws -> Void
    ) async throws {
        let (lease, clock) = (Duration.milliseconds(600), ContinuousClock())
        try await task.become(.started, lease: lease)
        try await Deadline.within(context.patience, waitingFor: "two leases without a long pause") {
            var (began, previous) = (clock.now, clock.now)
            while clock.now - began < lease * 2 {
                try await sign()
                try await LeaseSweep(store: task.reader).round()
                let now = clock.now
                // A pause that is nearly as long as the lease proves nothing: begin again.
                if now - previous > lease / 2 { began = now }
                previous = now
                let state = try await task.snapshot().state
                try expect(state == .started || began == now, "a task whose worker gives signs is lost")
                try await Task.sleep(for: .milliseconds(40))
            }
        }
    }
}
