import Synchronization

/// Brings an outbox to the gateway: in order, nothing twice, again and again while the gateway is out of reach, and
/// without ever being in the writers' way.
package final class Delivery: Sendable {
    /// Sends a batch and gives the answer to each of its messages, in order; `nil`: it is published.
    /// Throws ``ClientError``, or a ``Problem`` for the batch as a whole.
    package typealias Send = @Sendable ([OutboundMessage]) async throws -> [Problem?]

    /// The shortest time from one request to the next while less than a full batch waits: what comes closer travels
    /// together.
    static let pace = Duration.milliseconds(25)
    /// A gateway forgets an idempotency key after 5 minutes. A batch of which it is not known whether it has arrived
    /// is not sent again when that time comes near: better one gap that is told than lines that come twice.
    static let certainty = Duration.seconds(270)
    /// The longest wait between two attempts once the writers have finished and everyone waits for the rest.
    static let lastWait = Duration.milliseconds(500)

    /// How long the rest is waited for at the end; and if the gateway has never been there, how long for one more
    /// attempt.
    static let patience = Duration.seconds(10)
    package static let lastTry = Duration.seconds(1)

    private struct State {
        /// Neither published nor known to be refused.
        var uncertain = 0
        var refused = 0
        var refusal: Problem?
        var reached = false
        var warned = false
        /// No more is sent: the gateway refused for good, or has never been there.
        var stopped = false
        var sleeper: Task<Void, Never>?
    }

    private let outbox: Outbox
    private let send: Send
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter warn: is told once, in one line, when the gateway can't be had.
    package init(_ outbox: Outbox, send: @escaping Send, warn: @escaping @Sendable (String) -> Void) {
        self.outbox = outbox
        self.send = send
        self.warn = warn
    }

    /// Delivers until the outbox has finished and is empty, the gateway refuses for good, or the task is cancelled.
    package func run() async {
        while !isStopped, let batch = await outbox.next() {
            await deliver(batch)
            if outbox.count < Outbox.batchMessages { await pause(Self.pace) }
        }
    }

    /// The writers have finished: no wait between attempts is long any more. Gives how long the rest is worth waiting
    /// for.
    package func hurry() -> Duration {
        outbox.finish()
        let (sleeper, reached, warned) = state.withLock { ($0.sleeper, $0.reached, $0.warned) }
        sleeper?.cancel()
        return reached || !warned ? Self.patience : Self.lastTry
    }

    /// What became of it all, in one line; `nil` when everything was delivered.
    package var shortfall: String? {
        let (state, waiting) = (state.withLock { $0 }, outbox.count)
        var parts: [String] = []
        if outbox.dropped > 0 { parts.append("\(outbox.dropped) lines were dropped, as the gateway was slow or away") }
        let missing = waiting + state.uncertain + state.refused
        if missing > 0 { parts.append("\(missing) of the messages could not be delivered") }
        if let refusal = state.refusal, !state.stopped { parts.append("the gateway refused: \(refusal)") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private var isStopped: Bool { state.withLock { $0.stopped } || Task.isCancelled }

    private func deliver(_ batch: [OutboundMessage]) async {
        var waiting = batch
        var backoff = Backoff()
        var uncertainSince: ContinuousClock.Instant?
        while !waiting.isEmpty, !isStopped {
            if let since = uncertainSince, .now - since > Self.certainty { break }
            let sent = ContinuousClock.now
            do {
                waiting = settle(waiting, answers: try await send(waiting))
                uncertainSince = nil
            } catch {
                if !wasNotSent(error) { uncertainSince = uncertainSince ?? sent }
                failed(error)
            }
            if !waiting.isEmpty, !isStopped { await pause(backoff.next()) }
        }
        state.withLock { $0.uncertain += waiting.count }
    }

    /// Counts what is settled; gives what is to be sent again.
    private func settle(_ batch: [OutboundMessage], answers: [Problem?]) -> [OutboundMessage] {
        var again: [OutboundMessage] = []
        for (message, problem) in zip(batch, answers) {
            if let problem, problem.isTemporary {
                again.append(message)
                continue
            }
            state.withLock { state in
                state.refused += problem == nil ? 0 : 1
                state.refusal = state.refusal ?? problem
            }
            if let problem, problem.code == "closed" { refuse(problem) }
        }
        state.withLock { $0.reached = true }
        return again
    }

    private func failed(_ error: any Error) {
        if let problem = error as? Problem, !problem.isTemporary { return refuse(problem) }
        if error is CancellationError || Task.isCancelled { return }
        // A gateway that was never there will not come in the last second: nobody waits for it.
        state.withLock { state in
            if outbox.isFinished, !state.reached { state.stopped = true }
        }
        warnOnce("\(error)")
    }

    private func refuse(_ problem: Problem) {
        state.withLock { $0.stopped = true }
        let advice = problem.code == "closed" ? " (choose another --task)" : ""
        warnOnce("the gateway refuses: \(problem)\(advice)")
    }

    private func warnOnce(_ reason: String) {
        let first = state.withLock { state in
            defer { state.warned = true }
            return !state.warned
        }
        if first { warn(reason) }
    }

    /// Whether the gateway can't have seen the request.
    private func wasNotSent(_ error: any Error) -> Bool {
        switch error {
        case is Problem: true
        case ClientError.unreachable: true
        default: false
        }
    }

    private func pause(_ duration: Duration) async {
        let duration = outbox.isFinished ? min(duration, Self.lastWait) : duration
        let sleeper = Task { _ = try? await Task.sleep(for: duration) }
        state.withLock { $0.sleeper = sleeper }
        await withTaskCancellationHandler {
            await sleeper.value
        } onCancel: {
            sleeper.cancel()
        }
    }
}
