package import BrokerCore

/// Two handles on one broker, with what runs behind them.
package struct ConformanceHandles: Sendable {
    package let writer: any Broker
    package let reader: any Broker
    let remove: @Sendable () async throws -> Void

    /// - Parameter remove: called once, when the run is over and both handles have ended: removes what opening them
    ///   has put
    ///   into the broker.
    package init(
        writer: any Broker, reader: any Broker, remove: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.writer = writer
        self.reader = reader
        self.remove = remove
    }
}

/// A run has left something in the broker.
struct LeftBehind: Error, CustomStringConvertible {
    let reason: any Error

    var description: String { "what the run has left in the broker could not be removed: \(reason)" }
}

/// Two handles that are open, running and reachable, for one run.
struct ConformanceSession: Sendable {
    /// How long the broker may take to remove what is left, and the handles to end.
    private static let closing = Duration.seconds(10)

    let run: ConformanceRun
    let writer: ConformanceHandle
    let reader: ConformanceHandle

    /// Runs both handles in the background while the body uses them, and removes what it has left under the run's prefix,
    /// also when it fails or is cancelled.
    /// - Parameter reachWithin: how long the broker may take to answer; past it this throws what it said.
    /// - Throws: what the body throws, or ``LeftBehind``.
    static func with<Value: Sendable>(
        _ handles: ConformanceHandles, run: ConformanceRun, patience: Duration, reachWithin: Duration,
        _ body: (ConformanceSession) async throws -> Value
    ) async throws -> Value {
        let session = ConformanceSession(
            run: run,
            writer: ConformanceHandle(handles.writer, patience: patience),
            reader: ConformanceHandle(handles.reader, patience: patience))
        let background = [session.writer, session.reader].flatMap { handle in
            [Task { try? await handle.broker.run() }, Task { Optional(await handle.collector.run()) }]
        }
        let result: Result<Value, any Error>
        do {
            try await session.reach(within: reachWithin)
            result = .success(try await body(session))
        } catch {
            result = .failure(error)
        }
        // A task of its own, since the one that was cancelled would not clean up.
        await Task { await session.close(background) }.value
        do {
            try await Task { try await handles.remove() }.value
        } catch {
            throw LeftBehind(reason: error)
        }
        return try result.get()
    }

    private func close(_ background: [Task<Void?, Never>]) async {
        try? await Deadline.within(Self.closing, waitingFor: "the channels' deletion") { try await sweep() }
        for task in background { task.cancel() }
        try? await Deadline.within(Self.closing, waitingFor: "the handles to end") {
            for task in background { _ = await task.value }
        }
    }

    /// A handle may still be connecting: the broker is asked until it answers or the time is over.
    private func reach(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        for handle in [writer, reader] {
            while true {
                do {
                    try await Deadline.within(limit, waitingFor: "an answer to a ping") {
                        try await handle.broker.ping()
                    }
                    break
                } catch {
                    guard ContinuousClock.now < deadline else { throw error }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    /// Deletes every channel under the run's prefix, and every task: those of a case that did not end in time. A broker
    /// that goes on listing what it has deleted is not asked for ever.
    private func sweep() async throws {
        try await reader.forget(reader.listed().map(\.channel).filter { $0.rawValue.hasPrefix(run.prefix) })
        var previous: [ChannelSummary] = []
        while case let page = try await reader.broker.list(ChannelQuery(prefix: run.prefix)), page != previous {
            for summary in page { _ = try await reader.broker.delete(summary.channel) }
            previous = page
        }
    }
}

extension ConformanceHandle {
    init(_ broker: any Broker, patience: Duration) {
        self.init(broker: broker, collector: AnnouncementCollector(source: broker.events), patience: patience)
    }
}
