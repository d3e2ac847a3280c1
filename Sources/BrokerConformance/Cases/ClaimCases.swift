import BrokerCore

/// What the registry of tasks promises of what is due.
extension ConformanceSuite {
    static let claims: [ConformanceCase] = [
        ConformanceCase(
            "claim-exclusive",
            promise: "Of all who claim at the same time, one gets each task that is due."
        ) { context in
            let tasks = try (0..<60).map { try context.task("\($0)") }
            try await context.claiming {
                try await context.writer.record(tasks, context.state(), due: .zero)
                let claimed = try await withThrowingTaskGroup(of: [ChannelName].self) { group in
                    for index in 0..<16 {
                        let handle = context.handles[index % 2]
                        group.addTask { try await handle.claim(of: tasks, limit: 7).channels }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                // What others got that were not ours is missing; the rest is there for whoever comes next.
                let rest = try await context.reader.claim(of: tasks).channels
                try expectEqual((claimed + rest).sorted(), tasks.sorted(), "all claims together")
                try expectEqual(try await context.writer.claim(of: tasks).channels, [], "one claim more")
            }
        },
        ConformanceCase(
            "claim-order",
            promise: "What is due the longest is claimed first, however many are asked for."
        ) { context in
            let tasks = try (0..<6).map { try context.task("\($0)") }
            try await context.claiming {
                let state = context.state()
                let dues = [250, 50, 150, 200, 0, 100]
                // At once: how long a call takes must not change their order.
                try await context.writer.broker.tasks.record(
                    zip(tasks, dues).map { TaskEntry(channel: $0, state: state, due: .milliseconds($1)) })
                try await context.passes(try await context.brokerTime() + 300)
                let order = [4, 1, 5, 2, 3, 0].map { tasks[$0] }
                var claimed: [ChannelName] = []
                while case let due = try await context.reader.broker.tasks.claimDue(limit: 2, for: .seconds(60)),
                    !due.channels.isEmpty
                {
                    claimed += due.channels.filter(tasks.contains)
                }
                try expectEqual(claimed, order, "claims of two")
            }
        },
        ConformanceCase(
            "claim-not-before",
            promise: "A task is not claimed before it is due, and is then; also one that was due later before."
        ) { context in
            let (task, later, state) = (try context.task("a"), try context.task("b"), context.state())
            try await context.claiming {
                try await context.writer.record([task, later], state)
                try await context.passes(try await context.brokerTime())
                let start = try await context.brokerTime()
                try await context.writer.record(task, state, due: .milliseconds(400))
                let claimed = try await context.claimed([task, later])
                try expectEqual(claimed.channels, [task], "claim")
                // The clocks of a cluster's nodes may differ a little.
                try expect(claimed.now >= start + 300, "claimed \(claimed.now - start) ms after it was recorded")
            }
        },
        ConformanceCase(
            "claim-returns",
            promise: "A task that was claimed and is not recorded again is due again when the claim is over."
        ) { context in
            let tasks = try ["a", "b"].map { try context.task($0) }
            try await context.claiming {
                try await context.writer.record(tasks, context.state(), due: .zero)
                let first = try await context.writer.claim(of: tasks, for: .milliseconds(400))
                try expectEqual(first.channels.sorted(), tasks, "first claim")
                let second = try await context.claimed(tasks, count: tasks.count)
                try expectEqual(second.channels.sorted(), tasks, "second claim")
                try expect(second.now >= first.now + 390, "again after \(second.now - first.now) ms")
            }
        },
        ConformanceCase(
            "claim-answered",
            promise: "A task that is recorded again or removed after its claim does not come back when that is over."
        ) { context in
            let (again, removed, sentinel) = (try context.task("a"), try context.task("b"), try context.task("c"))
            let (tasks, state) = ([again, removed, sentinel], context.state())
            try await context.claiming {
                try await context.writer.record(tasks, state, due: .zero)
                let first = try await context.writer.claim(of: tasks, for: .milliseconds(200))
                try expectEqual(first.channels.sorted(), tasks, "first claim")
                try await context.reader.record(again, state)
                try await context.reader.broker.tasks.remove([removed])
                try expectEqual(try await context.claimed(tasks).channels, [sentinel], "second claim")
                try expectEqual(try await context.reader.listed(states: [state]).count, 2, "tasks listed")
            }
        },
    ]
}

extension ConformanceContext {
    /// Claims until there are so many of these tasks. When the last claim was made, and all that they brought.
    fileprivate func claimed(_ tasks: [ChannelName], count: Int = 1) async throws -> DueTasks {
        let found = Locked(DueTasks(now: 0, channels: []))
        try await wait(for: "\(count) of the tasks to be due") { [reader] in
            let due = try await reader.claim(of: tasks)
            return found.withLock { found in
                found = DueTasks(now: due.now, channels: found.channels + due.channels)
                return found.channels.count >= count
            }
        }
        return found.withLock { $0 }
    }
}
