import BrokerCore

/// What the registry of tasks promises of lists. No case sees another's tasks: each has states of its own.
extension ConformanceSuite {
    static let registry: [ConformanceCase] = [
        ConformanceCase(
            "registry-entry",
            promise: "A task that was recorded is listed for every handle, with its state and the broker's time."
        ) { context in
            let (task, state) = (try context.task("a"), context.state())
            try await context.writer.record(task, state)
            let time = try await context.brokerTime()
            for handle in context.handles {
                for states in [[state], []] as [Set<String>] {
                    let found = try await handle.listed(states: states).filter { $0.channel == task }
                    try expectEqual(found.map(\.state), [state], "states")
                    try expect(abs(found[0].created - time) < 60_000, "created at \(found[0].created), not \(time)")
                }
            }
        },
        ConformanceCase(
            "registry-again",
            promise: "A task that is recorded again has the new state, and the time at which it was first recorded."
        ) { context in
            let (task, first, second) = (try context.task("a"), context.state(), context.state())
            try await context.writer.record(task, first)
            let created = try require(try await context.reader.listed(states: [first]).first, "task").created
            try await context.passes(created)
            for state in [second, second, first] {
                try await context.reader.record(task, state)
                let listed = try await context.writer.listed(states: [first, second])
                try expectEqual(listed, [ListedTask(channel: task, state: state, created: created)], "list")
            }
        },
        ConformanceCase(
            "registry-order",
            promise: "The newest tasks are listed first, and those of one millisecond by falling names."
        ) { context in
            let labels = ["a", "B", "b", "A", "_", "-", "~", "a-b", "ab", "a_b", "a:b", "10", "9", "="]
            let state = context.state()
            var rounds: [[ChannelName]] = []
            for round in ["3", "1", "2"] {
                rounds.append(try labels.map { try context.task("\(round)\($0)") })
                try await context.writer.record(rounds.last ?? [], state)
                try await context.passes(try await context.reader.listed(states: [state])[0].created)
            }
            let listed = try await context.reader.listed(states: [state])
            try expectEqual(listed, listed.sorted(by: precedes), "list")
            let names = stride(from: 0, to: listed.count, by: labels.count).map { start in
                Set(listed[start..<min(start + labels.count, listed.count)].map(\.channel))
            }
            try expectEqual(names, rounds.reversed().map(Set.init), "rounds, the last first")
        },
        ConformanceCase(
            "registry-pages",
            promise: "Pages of the list follow one another without a task lost or doubled, also among equals."
        ) { context in
            let states = (0..<3).map { _ in context.state() }
            let tasks = try (0..<25).map { try context.task("\($0)") }
            for (index, state) in states.enumerated() {
                try await context.writer.record(tasks.indices.filter { $0 % 3 == index }.map { tasks[$0] }, state)
            }
            for limit in [1, 4, 25, 30] {
                let found = try await context.reader.listed(states: Set(states), limit: limit, most: tasks.count * 2)
                try expectEqual(found, found.sorted(by: precedes), "pages of \(limit) together")
                try expectEqual(found.map(\.channel).sorted(), tasks.sorted(), "tasks in pages of \(limit)")
            }
        },
        ConformanceCase(
            "registry-page-after",
            promise: "A page goes on after its task also when that has changed its state or is gone."
        ) { context in
            let (state, other) = (context.state(), context.state())
            let tasks = try (0..<9).map { try context.task("\($0)") }
            try await context.writer.record(tasks, state)
            let whole = try await context.reader.listed(states: [state])
            try await context.writer.broker.tasks.remove([whole[2].channel])
            try await context.writer.record(whole[5].channel, other)
            for index in [2, 5] {
                let query = TaskEntryQuery(states: [state], after: whole[index], limit: 2)
                let page = try await context.reader.broker.tasks.list(query)
                try expectEqual(page, Array(whole[(index + 1)...].filter { $0 != whole[5] }.prefix(2)), "page")
            }
        },
        ConformanceCase(
            "registry-states",
            promise: "A list of some states has the tasks of these and no others."
        ) { context in
            let states = (0..<3).map { _ in context.state() }
            let tasks = try (0..<6).map { try context.task("\($0)") }
            for (task, state) in zip(tasks, states + states) { try await context.writer.record(task, state) }
            for chosen in [Set(states[..<1]), Set(states[1...]), Set(states)] {
                let found = try await context.reader.listed(states: chosen)
                let expected = zip(tasks, states + states).filter { chosen.contains($0.1) }.map(\.0)
                try expectEqual(Set(found.map(\.channel)), Set(expected), "tasks of \(chosen.count) states")
                try expect(found.allSatisfy { chosen.contains($0.state) }, "other states: \(found)")
            }
            try expectEqual(try await context.reader.listed(states: [context.state()]), [], "tasks of a new state")
        },
        ConformanceCase(
            "registry-removed",
            promise: "A task that was removed is not listed; removing it again does nothing."
        ) { context in
            let (gone, stays, state) = (try context.task("a"), try context.task("aa"), context.state())
            try await context.writer.record([gone, stays], state)
            for _ in 0..<2 {
                try await context.writer.broker.tasks.remove([gone, try context.task("never")])
                try expectEqual(try await context.reader.listed(states: [state]).map(\.channel), [stays], "list")
            }
            try await context.writer.record(gone, state)
            try expectEqual(
                Set(try await context.reader.listed(states: [state]).map(\.channel)), [gone, stays], "list")
        },
        ConformanceCase(
            "registry-limits",
            promise: "One call records a whole batch, of names of every length; a page is as long as it may be."
        ) { context in
            let state = context.state()
            let room = ChannelName.maximumBytes - context.prefix().utf8.count
            let tasks = try (0..<2 * TaskEntry.maximumBatch).map { number in
                try context.task("\(number)~".padded(to: number % 2 == 0 ? room : 0))
            }
            for start in stride(from: 0, to: tasks.count, by: TaskEntry.maximumBatch) {
                try await context.writer.record(Array(tasks[start..<start + TaskEntry.maximumBatch]), state)
            }
            let query = TaskEntryQuery(states: [state], limit: .max)
            let page = try await context.reader.broker.tasks.list(query)
            try expectEqual(page.count, TaskEntryQuery.maximumLimit, "the longest page")
            try expectEqual(
                try await context.reader.listed(states: [state]).map(\.channel).sorted(), tasks.sorted(), "tasks")
            try expectEqual(
                try await context.reader.broker.tasks.list(TaskEntryQuery(states: [state], limit: 0)), [], "no page")
        },
        ConformanceCase(
            "registry-contest",
            promise: "A task that many record at once is one task, in one state."
        ) { context in
            let (task, states) = (try context.task("a"), (0..<4).map { _ in context.state() })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    let handle = context.handles[index % 2]
                    group.addTask { try await handle.record(task, states[index % 4]) }
                }
                try await group.waitForAll()
            }
            try expectEqual(try await context.reader.listed(states: Set(states)).map(\.channel), [task], "list")
        },
    ]

    /// The order of lists.
    private static func precedes(_ left: ListedTask, _ right: ListedTask) -> Bool {
        (right.created, right.channel) < (left.created, left.channel)
    }
}

extension ConformanceContext {
    /// A state that nobody else has: as many letters as it may have.
    func state() -> String {
        String((0..<16).map { _ in Character(UnicodeScalar(UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z")))) })
    }

    /// Milliseconds since 1970, by the broker's clock.
    func brokerTime() async throws -> Int64 {
        let channel = try channel("clock")
        try await writer.publish(channel, "what time is it?")
        return try require(try await writer.recover(channel, from: .last(1)).messages.last, "message").time
    }

    /// Waits until the broker's clock has passed a time.
    func passes(_ time: Int64) async throws {
        try await wait(for: "the broker's clock to pass \(time)") { try await self.brokerTime() > time }
    }
}

extension String {
    fileprivate func padded(to bytes: Int) -> String {
        self + String(repeating: "x", count: max(bytes - utf8.count, 0))
    }
}
