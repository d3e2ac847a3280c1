import BrokerCore

/// The registry of tasks in the schema's table `task`; see `04-registry.sql`.
///
/// What writes goes over the connections of prompt publications: it waits for other writers for a moment at most, and
/// neither a list nor a recovery waits for it.
struct PostgresTasks: TaskRegistry {
    let functions: Functions
    let links: BrokerLinks
    let timeout: Duration

    func record(_ entries: [TaskEntry]) async throws(BrokerError) {
        guard !entries.isEmpty else { return }
        try await write(functions.record(entries)) { _ in () }
    }

    func remove(_ channels: [ChannelName]) async throws(BrokerError) {
        guard !channels.isEmpty else { return }
        try await write(functions.removeTasks(channels)) { _ in () }
    }

    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks {
        try await write(functions.claimTasks(limit: limit, for: claim)) { Functions.dueTasks($0) }
    }

    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] {
        try read(await links.reading.query(functions.listTasks(query), timeout: timeout)) { Functions.listedTasks($0) }
    }

    private func write<Value>(_ query: Query, _ answer: (Rows) -> Value?) async throws(BrokerError) -> Value {
        try read(await links.prompt.query(query, timeout: timeout), answer)
    }

    private func read<Value>(
        _ result: Result<Rows, PostgresError>, _ answer: (Rows) -> Value?
    ) throws(BrokerError) -> Value {
        do throws(PostgresError) {
            if let value = answer(try result.get()) { return value }
        } catch {
            throw BrokerError(error)
        }
        throw .unavailable(reason: "the table of tasks does not hold what Telltale writes")
    }
}
