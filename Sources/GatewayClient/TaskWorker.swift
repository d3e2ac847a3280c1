import Synchronization

/// The worker of one task, as the gateway sees it: queued, started, lines, progress, heartbeats, the end.
///
/// Whoever does the work is never held up: all that is said here waits in an outbox until the gateway takes it.
package final class TaskWorker: Sendable {
    /// How long the end is waited for when the gateway has never been there.
    private static let hopelessWait = Duration.seconds(1)
    /// How long the end is tried at the last, behind what is under way to a gateway that is slow.
    private static let lastTry = Duration.seconds(5)

    package let outbox: Outbox
    private let session: TaskSession
    private let delivery: Delivery
    private let control: TaskControl
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - run: distinct for each run of a worker.
    ///   - cancel: is told that the work is to be cancelled; more than once perhaps.
    ///   - warn: is told, in a line, when the gateway can't be had.
    package init(
        _ work: TaskWork, run: String, client: GatewayClient, outbox: Outbox,
        cancel: @escaping @Sendable () -> Void, warn: @escaping @Sendable (String) -> Void
    ) {
        self.outbox = outbox
        session = TaskSession(client: client, work: work, run: run, doubted: outbox.nudge, cancel: cancel)
        // As often as by heartbeats: a short outage does not cost the lease.
        delivery = Delivery(outbox, by: session, longestWait: min(work.lease / 3, Backoff.longest), warn: warn)
        control = TaskControl(client: client, session: session)
    }

    /// Begins to talk to the gateway.
    package func start() {
        outbox.nudge()
        let (session, delivery, control) = (session, delivery, control)
        let work = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await session.beat() }
                group.addTask { await control.run() }
                await delivery.run()
                group.cancelAll()
            }
        }
        running.withLock { $0 = work }
    }

    /// Tells the end once everything before it is told. Returns when that is done, or after `patience`, when what waits
    /// is given up and only the end is tried once more.
    package func finish(_ end: TaskEnd, patience: Duration) async {
        session.conclude(end)
        delivery.hurry()
        let running = running.withLock { $0 }
        let limit = Task { [outbox, isHopeful = delivery.isHopeful] in
            if isHopeful {
                try await Task.sleep(for: patience)
                // Whoever watches should learn of the end, even where lines before it are missing.
                outbox.skip()
            }
            try await Task.sleep(for: isHopeful ? Self.lastTry : Self.hopelessWait)
            running?.cancel()
        }
        await running?.value
        limit.cancel()
    }

    /// Ends the wait for the gateway.
    package func abandon() {
        running.withLock { $0 }?.cancel()
    }

    /// What was not delivered, in one line; `nil` when everything was.
    package var shortfall: String? { delivery.shortfall }
}
