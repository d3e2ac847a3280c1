import BrokerCore

/// The calls on a registry of tasks, and how their answers read. What is stored is told in tasks.lua.
struct TaskCalls: Sendable {
    let library: Library
    /// The registry's key.
    let key: String

    func record(_ entries: [TaskEntry]) -> Call {
        call("record_tasks", entries.flatMap { [$0.channel.rawValue, $0.state, "\($0.due.wholeMilliseconds)"] })
    }

    func remove(_ channels: [ChannelName]) -> Call { call("remove_tasks", channels.map(\.rawValue)) }

    func claim(limit: Int, for claim: Duration) -> Call {
        let bounded = min(max(limit, 0), TaskEntry.maximumBatch)
        return call("claim_tasks", ["\(bounded)", "\(claim.wholeMilliseconds)"])
    }

    func list(_ query: TaskEntryQuery) -> Call {
        let after = query.after.map { [$0.channel.rawValue, "\(min(max($0.created, 0), Self.latest))"] } ?? ["", ""]
        return call("list_tasks", ["\(query.boundedLimit)"] + after + query.states.sorted())
    }

    /// The last time that a score has room for, in milliseconds since 1970.
    private static let latest: Int64 = (1 << 43) - 1

    private func call(_ function: String, _ arguments: [String]) -> Call {
        Call(library: library, function: function, key: key, arguments: arguments)
    }
}

// MARK: - Answers

extension TaskCalls {
    /// What has become due; `nil` for an answer of another shape.
    static func due(_ reply: Reply) -> DueTasks? {
        guard let words = reply.array, let now = words.first?.integer else { return nil }
        let channels = words.dropFirst().compactMap { $0.text.flatMap { try? ChannelName($0) } }
        return channels.count == words.count - 1 ? DueTasks(now: now, channels: channels) : nil
    }

    /// The page, made of the newest tasks of each state; `nil` for an answer of another shape.
    static func page(_ reply: Reply, of query: TaskEntryQuery) -> [ListedTask]? {
        guard let words = reply.array, words.count.isMultiple(of: 3) else { return nil }
        var listed: [ListedTask] = []
        listed.reserveCapacity(words.count / 3)
        for at in stride(from: 0, to: words.count, by: 3) {
            guard let state = words[at].text, let created = words[at + 1].integer,
                let channel = words[at + 2].text.flatMap({ try? ChannelName($0) })
            else { return nil }
            listed.append(ListedTask(channel: channel, state: state, created: created))
        }
        listed.sort { ($1.created, $1.channel) < ($0.created, $0.channel) }
        return Array(listed.prefix(query.boundedLimit))
    }
}

extension TaskEntryQuery {
    fileprivate var boundedLimit: Int { min(max(limit, 0), Self.maximumLimit) }
}
