package import BrokerCore

/// Tasks over any broker. It keeps nothing itself: any number of them, in any number of processes, do the same work.
package struct TaskStore: Sendable {
    /// How often a change is tried again because someone else was first.
    static let maximumTries = 8
    /// What fields leave free in the messages of a state, in bytes: for the times and the wish that those after it have
    /// besides, so that every task can be lost, cancelled and ended; of a queued task, for its worker and lease too.
    static func reservedBytes(in state: TaskState) -> Int {
        state.isFinal ? 0 : state == .queued ? 256 + 2 * TaskFields.maximumWorkerBytes : 256
    }

    /// How much later than its last moment a channel is surely gone.
    private static let expiryGrace = Duration.seconds(1)

    let broker: any Broker
    package let namespace: TaskNamespace
    let policy: @Sendable (ChannelName) -> RetentionPolicy
    /// The longest data of a message, in bytes: what is longer is refused before anything is published.
    let messageBytes: Int
    let renewals: TaskRenewals

    /// - Parameters:
    ///   - policy: how long a channel lives.
    ///   - messageBytes: what the broker was set to take.
    package init(
        broker: any Broker, namespace: TaskNamespace, messageBytes: Int = BrokerSettings.maximumMessageBytes,
        policy: @escaping @Sendable (ChannelName) -> RetentionPolicy
    ) {
        self.broker = broker
        self.namespace = namespace
        self.messageBytes = messageBytes
        self.policy = policy
        renewals = TaskRenewals(registry: broker.tasks)
    }

    /// The task as it is now; its state is unknown if there is none.
    package func snapshot(of id: TaskID) async throws(TaskError) -> TaskSnapshot {
        TaskSnapshot(try await view(of: id))
    }

    /// Removes the task with all that there is of it. `false` if there was none.
    package func delete(_ id: TaskID) async throws(TaskError) -> Bool {
        do {
            let deleted = try await broker.delete(id.channel)
            _ = try await broker.delete(id.control)
            try await broker.tasks.remove([id.channel])
            return deleted
        } catch { throw .broker(error) }
    }

    func view(of id: TaskID) async throws(TaskError) -> TaskView {
        do { return TaskView(try await broker.inspect(id.channel), id: id) } catch { throw .broker(error) }
    }

    /// Tells the registry in which state the task is, and when to look after it; then looks whether it is so still. Who
    /// has changed the task in the meantime may have told the registry before us, and we have written over that.
    /// - Returns: the task as it is now.
    @discardableResult
    func settle(_ life: TaskLife, of id: TaskID) async throws(TaskError) -> TaskView {
        var told = entry(for: life, of: id)
        for _ in 0..<Self.maximumTries {
            do { try await broker.tasks.record([told]) } catch { throw .broker(error) }
            let view = try await view(of: id)
            guard let life = view.life, entry(for: life, of: id) != told else { return view }
            told = entry(for: life, of: id)
        }
        throw .busy
    }

    /// Removes entries of tasks that are gone. One that was made again in the meantime may have been among the entries.
    func forget(_ ids: [TaskID]) async throws(TaskError) {
        guard !ids.isEmpty else { return }
        do { try await broker.tasks.remove(ids.map(\.channel)) } catch { throw .broker(error) }
        for (id, view) in zip(ids, try await views(of: ids)) {
            if let life = view.life { try await settle(life, of: id) }
        }
    }

    func entry(for life: TaskLife, of id: TaskID) -> TaskEntry {
        let due = life.runningLease ?? lifetime(of: id.channel, closed: life.state.isFinal)
        return TaskEntry(channel: id.channel, state: life.state.rawValue, due: due)
    }

    /// How long after its last message the channel is surely gone.
    func lifetime(of channel: ChannelName, closed: Bool) -> Duration {
        let policy = policy(channel)
        return (closed ? policy.ttlAfterClose ?? policy.ttl : policy.ttl) + Self.expiryGrace
    }
}
