import BrokerCore

/// The registry of tasks below one prefix of a Redis: one key, which in a cluster is one node's.
///
/// Each operation is one call, in one step at the server. What a lost primary had not handed on is missing until it is
/// recorded again.
struct RedisTasks: TaskRegistry {
    private let topology: any Topology
    private let calls: TaskCalls

    init(topology: any Topology, library: Library) {
        self.topology = topology
        calls = TaskCalls(library: library, key: library.registryKey)
    }

    func record(_ entries: [TaskEntry]) async throws(BrokerError) {
        guard !entries.isEmpty else { return }
        try await ask(calls.record(entries)) { $0.integer }
    }

    func remove(_ channels: [ChannelName]) async throws(BrokerError) {
        guard !channels.isEmpty else { return }
        try await ask(calls.remove(channels)) { $0.integer }
    }

    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks {
        try await ask(calls.claim(limit: limit, for: claim), TaskCalls.due)
    }

    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask] {
        try await ask(calls.list(query)) { TaskCalls.page($0, of: query) }
    }

    @discardableResult
    private func ask<Value: Sendable>(
        _ call: Call, _ read: @escaping @Sendable (Reply) -> Value?
    ) async throws(BrokerError) -> Value {
        let answer = await withCheckedContinuation { continuation in
            topology.send(call) { continuation.resume(returning: $0) }
        }
        switch answer {
        case .failure(let error): throw BrokerError(error)
        case .success(let reply):
            if let value = read(reply) { return value }
            throw .unavailable(reason: "the key of the tasks' registry does not hold what Telltale writes")
        }
    }
}
