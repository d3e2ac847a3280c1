import BrokerCore

/// What a case works with: two handles, as two processes would have them, and channels of its own.
package final class ConformanceContext: Sendable {
    /// Publishes.
    let writer: ConformanceHandle
    /// Reads and listens.
    let reader: ConformanceHandle
    /// The longest message, in bytes, that the broker was set to take.
    let messageBytes: Int
    private let run: ConformanceRun
    private let scope: String
    private let channels = Locked<Set<ChannelName>>([])
    /// Of which there is an entry in the registry of tasks, and maybe no channel.
    private let tasks = Locked<Set<ChannelName>>([])

    /// - Parameter scope: begins every label of this case, and of no other case of the run.
    init(writer: ConformanceHandle, reader: ConformanceHandle, run: ConformanceRun, scope: String) {
        self.writer = writer
        self.reader = reader
        self.messageBytes = run.settings.messageBytes
        self.run = run
        self.scope = scope
    }

    var handles: [ConformanceHandle] { [writer, reader] }

    /// How long the case waits for one thing.
    var patience: Duration { reader.patience }

    /// A channel of this case, which is deleted when the case is over.
    func channel(_ label: String = "a", in namespace: ConformanceNamespace = .ordinary) throws -> ChannelName {
        let channel = try run.channel(scope + label, in: namespace)
        channels.withLock { _ = $0.insert(channel) }
        return channel
    }

    /// The name of a task of this case, of which the registry's entry is removed when the case is over. (So it is with a
    /// channel's; but of this one no channel is made.)
    func task(_ label: String) throws -> ChannelName {
        let channel = try run.channel(scope + label, in: .ordinary)
        tasks.withLock { _ = $0.insert(channel) }
        return channel
    }

    /// Runs what claims tasks, or has tasks that become due: of all cases of the run one at a time, since a claim takes
    /// what is due, whosever it is.
    func claiming<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        await run.claiming.take()
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await run.claiming.giveBack()
        return try result.get()
    }

    /// What the names of this case's channels in a namespace begin with.
    func prefix(in namespace: ConformanceNamespace = .ordinary) -> String {
        "\(run.prefix)\(namespace.rawValue):\(scope)"
    }

    /// Asks until it is so. For what no event tells of: that a channel's time is over.
    func wait(
        for what: String, file: String = #fileID, line: Int = #line,
        until isSo: @escaping @Sendable () async throws -> Bool
    ) async throws {
        try await Deadline.within(patience, waitingFor: what, file: file, line: line) {
            while try await !isSo() { try await Task.sleep(for: Self.pollInterval) }
        }
    }

    private static let pollInterval = Duration.milliseconds(20)

    /// Deletes the case's channels and tasks, and no others.
    func cleanUp() async throws {
        let tasks = tasks.withLock { $0 }.union(channels.withLock { $0 })
        try await writer.forget(Array(tasks))
        for channel in channels.withLock({ $0 }) {
            for handle in handles {
                handle.collector.forget(channel)
                await handle.broker.detach([channel])
            }
            _ = try await writer.broker.delete(channel)
        }
    }
}
