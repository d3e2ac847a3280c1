import BrokerCore

extension WrongBroker {
    static let tasks = [
        WrongBroker("forgets every task", caughtBy: "registry-entry", "registry-contest") {
            WrongTasks(record: { _, _ in })
        },
        WrongBroker("takes a task that is recorded again for a new one", caughtBy: "registry-again") {
            WrongTasks(record: { entries, right throws(BrokerError) in
                try await right.remove(entries.map(\.channel))
                try await right.record(entries)
            })
        },
        WrongBroker("records no more than a hundred tasks at once", caughtBy: "registry-limits") {
            WrongTasks(record: { entries, right throws(BrokerError) in
                try await right.record(Array(entries.prefix(100)))
            })
        },
        WrongBroker("takes every task for due at once", caughtBy: "claim-not-before", "claim-answered") {
            WrongTasks(record: { entries, right throws(BrokerError) in
                try await right.record(entries.map { TaskEntry(channel: $0.channel, state: $0.state, due: .zero) })
            })
        },
        WrongBroker("lists the oldest tasks first", caughtBy: "registry-order", "registry-pages") {
            WrongTasks(list: { query, right throws(BrokerError) in try await right.list(query).reversed() })
        },
        WrongBroker("lists tasks of one millisecond by rising names", caughtBy: "registry-order") {
            WrongTasks(list: { query, right throws(BrokerError) in
                try await right.list(query).sorted { ($1.created, $0.channel) < ($0.created, $1.channel) }
            })
        },
        WrongBroker("begins a page with the last task of the one before", caughtBy: "registry-page-after") {
            WrongTasks(list: { query, right throws(BrokerError) in try await right.list(query.moved(by: 1)) })
        },
        WrongBroker("goes on at the next millisecond", caughtBy: "registry-page-after") {
            WrongTasks(list: { query, right throws(BrokerError) in try await right.list(query.moved(by: -1)) })
        },
        WrongBroker("lists tasks of all states", caughtBy: "registry-states") {
            WrongTasks(list: { query, right throws(BrokerError) in
                var query = query
                query.states = []
                return try await right.list(query)
            })
        },
        WrongBroker("removes no task", caughtBy: "registry-removed", "claim-answered") {
            WrongTasks(remove: { _, _ in })
        },
        WrongBroker("gives a task to everyone who claims it", caughtBy: "claim-exclusive") {
            WrongTasks(claim: { limit, _, right throws(BrokerError) in
                try await right.claimDue(limit: limit, for: .zero)
            })
        },
        WrongBroker("never gives a claimed task back", caughtBy: "claim-returns", "claim-answered") {
            WrongTasks(claim: { limit, _, right throws(BrokerError) in
                try await right.claimDue(limit: limit, for: .seconds(3600))
            })
        },
        WrongBroker("gives the shortest due first", caughtBy: "claim-order") {
            WrongTasks(claim: { limit, claim, right throws(BrokerError) in
                let due = try await right.claimDue(limit: limit, for: claim)
                return DueTasks(now: due.now, channels: due.channels.reversed())
            })
        },
    ]
}

extension TaskEntryQuery {
    /// The page after a place so many milliseconds later.
    fileprivate func moved(by milliseconds: Int64) -> TaskEntryQuery {
        var query = self
        query.after?.created += milliseconds
        return query
    }
}

/// A registry of tasks that does wrong what it says, and all else right.
struct WrongTasks: Fault {
    typealias Right = any TaskRegistry

    var record: @Sendable ([TaskEntry], Right) async throws(BrokerError) -> Void = {
        entries, right throws(BrokerError) in
        try await right.record(entries)
    }
    var remove: @Sendable ([ChannelName], Right) async throws(BrokerError) -> Void = { channels, right in
        try await right.remove(channels)
    }
    var claim: @Sendable (Int, Duration, Right) async throws(BrokerError) -> DueTasks = {
        limit, claim, right throws(BrokerError) in
        try await right.claimDue(limit: limit, for: claim)
    }
    var list: @Sendable (TaskEntryQuery, Right) async throws(BrokerError) -> [ListedTask] = {
        query, right throws(BrokerError) in
        try await right.list(query)
    }

    func tasks(of right: any Broker) -> any TaskRegistry { FaultyTasks(fault: self, right: right.tasks) }
}

private struct FaultyTasks: TaskRegistry {
    let fault: WrongTasks
    let right: any TaskRegistry

    func record(_ entries: [TaskEntry]) async throws(BrokerError) { try await fault.record(entries, right) }

    func remove(_ channels: [ChannelName]) async throws(BrokerError) { try await fault.remove(channels, right) }

    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks {
        try await fault.claim(limit, claim, right)
    }

    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] { try await fault.list(query, right) }
}
