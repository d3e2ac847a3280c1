import BrokerCore

extension ConformanceHandle {
    /// Records tasks that are due in so long; an hour is longer than any run.
    func record(_ tasks: [ChannelName], _ state: String, due: Duration = .seconds(3600)) async throws {
        try await broker.tasks.record(tasks.map { TaskEntry(channel: $0, state: state, due: due) })
    }

    func record(_ task: ChannelName, _ state: String, due: Duration = .seconds(3600)) async throws {
        try await record([task], state, due: due)
    }

    /// Removes the tasks, a batch at a time.
    func forget(_ tasks: [ChannelName]) async throws {
        for start in stride(from: 0, to: tasks.count, by: TaskEntry.maximumBatch) {
            try await broker.tasks.remove(Array(tasks[start..<min(start + TaskEntry.maximumBatch, tasks.count)]))
        }
    }

    /// The whole list, read in pages. One that has no end is cut at `most` tasks.
    func listed(
        states: Set<String> = [], limit: Int = TaskEntryQuery.maximumLimit, most: Int = 100_000
    ) async throws -> [ListedTask] {
        var listed: [ListedTask] = []
        while listed.count < most {
            let query = TaskEntryQuery(states: states, after: listed.last, limit: limit)
            let page = try await broker.tasks.list(query)
            try expect(page.count <= limit, "a page of \(limit) has \(page.count) tasks")
            if page.isEmpty { break }
            listed += page
        }
        return listed
    }

    /// Of these tasks those that this claim brings, in its order, and when it was made by the broker's clock.
    func claim(
        of tasks: [ChannelName], limit: Int = TaskEntry.maximumBatch, for claim: Duration = .seconds(60)
    ) async throws -> DueTasks {
        var due = try await broker.tasks.claimDue(limit: limit, for: claim)
        try expect(due.channels.count <= limit, "a claim of \(limit) brought \(due.channels.count) tasks")
        due.channels.removeAll { !tasks.contains($0) }
        return due
    }
}
