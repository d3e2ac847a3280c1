import BrokerCore

/// The registry of tasks, as `54-tasks.sql` and `72-tasks.sql` take and give it.
extension Functions {
    func record(_ entries: [TaskEntry]) -> Query {
        call(
            "record_tasks",
            [
                .texts(entries.map(\.channel.rawValue)), .texts(entries.map(\.state)),
                .integers(entries.map { $0.due.wholeMilliseconds }),
            ])
    }

    func removeTasks(_ channels: [ChannelName]) -> Query { call("remove_tasks", [.texts(channels.map(\.rawValue))]) }

    func claimTasks(limit: Int, for claim: Duration) -> Query {
        call("claim_tasks", [.integer4(Int32(clamping: limit)), .integer(claim.wholeMilliseconds)])
    }

    /// `nil` for an answer of another shape.
    static func dueTasks(_ rows: Rows) -> DueTasks? {
        guard let now = rows.int(0, 0), let lines = rows.text(0, 1) else { return nil }
        let names = lines.split(separator: "\n")
        let channels = names.compactMap { try? ChannelName(String($0)) }
        return channels.count == names.count ? DueTasks(now: now, channels: channels) : nil
    }

    func listTasks(_ query: TaskEntryQuery) -> Query {
        let states = query.states.isEmpty ? Parameter.noTexts : .texts(query.states.sorted())
        return call(
            "list_tasks",
            [
                states, .integer(query.after?.created), .text(query.after?.channel.rawValue),
                .integer4(Int32(clamping: min(query.limit, TaskEntryQuery.maximumLimit))),
            ])
    }

    /// `nil` for an answer of another shape.
    static func listedTasks(_ rows: Rows) -> [ListedTask]? {
        var tasks: [ListedTask] = []
        for row in 0..<rows.count {
            guard let channel = rows.text(row, 0).flatMap({ try? ChannelName($0) }), let state = rows.text(row, 1),
                let created = rows.int(row, 2)
            else { return nil }
            tasks.append(ListedTask(channel: channel, state: state, created: created))
        }
        return tasks
    }
}

// MARK: - Copying

extension Functions {
    func exportTasks(after: ChannelName?, limit: Int) -> Query {
        call("export_tasks", [.text(after?.rawValue), .integer4(Int32(clamping: limit))])
    }

    /// `nil` for an answer of another shape.
    static func taskRecords(_ rows: Rows) -> [TaskRecord]? {
        guard let tasks = listedTasks(rows) else { return nil }
        var records: [TaskRecord] = []
        for (row, task) in tasks.enumerated() {
            guard let wait = rows.int(row, 3) else { return nil }
            let entry = TaskEntry(channel: task.channel, state: task.state, due: .milliseconds(wait))
            records.append(TaskRecord(entry: entry, created: task.created))
        }
        return records
    }

    func importTasks(_ records: [TaskRecord]) -> Query {
        call(
            "import_tasks",
            [
                .texts(records.map(\.entry.channel.rawValue)), .texts(records.map(\.entry.state)),
                .integers(records.map(\.created)), .integers(records.map { $0.entry.due.wholeMilliseconds }),
            ])
    }
}
