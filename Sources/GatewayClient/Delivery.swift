import Synchronization

/// The other side of a delivery. All throw ``ClientError``, a ``Problem``, or ``TaskTaken``.
protocol Carrier: Sendable {
    /// Makes sure that messages can be sent. To be asked before each batch; usually there is nothing to do.
    func settle() async throws
    /// Sends a batch and gives the answer to each of its messages, in order; `nil`: it is published.
    func send(_ batch: [OutboundMessage]) async throws -> [Problem?]
    /// Says, after the last batch, how it all ended.
    func end() async throws
}

/// Brings an outbox to the gateway: in order, nothing twice, again and again while the gateway is out of reach, and
/// without ever being in the writers' way.
final class Delivery: Sendable {
    /// The shortest time from one request to the next while less than a full batch waits: what comes closer travels
    /// together.
    static let pace = Duration.milliseconds(25)
    /// A gateway forgets an idempotency key after 5 minutes. A batch of which it is not known whether it has arrived
    /// is not sent again when that time comes near: better one gap that is told than lines that come twice.
    static let certainty = Duration.seconds(270)
    /// The longest wait between two attempts once the writers have finished and everyone waits for the rest.
    static let lastWait = Duration.milliseconds(500)

    private struct State {
        /// Neither published nor known to be refused.
        var uncertain = 0
        var refused = 0
        var refusal: Problem?
        var reached = false
        var warned = false
        /// No more is sent: the gateway refused for good, or has never been there.
        var stopped = false
        /// What stopped it was that there is nothing for us to deliver.
        var taken = false
        var ended = false
        var sleeper: Task<Void, Never>?
    }

    private let outbox: Outbox
    private let carrier: any Carrier
    private let longestWait: Duration
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - longestWait: between two attempts.
    ///   - warn: is told once, in one line, when the gateway can't be had.
    init(
        _ outbox: Outbox, by carrier: any Carrier, longestWait: Duration = Backoff.longest,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.outbox = outbox
        self.carrier = carrier
        self.longestWait = longestWait
        self.warn = warn
    }

    /// Delivers until the outbox has finished and is empty and the end is told, the gateway refuses for good, or the
    /// task is cancelled.
    func run() async {
        while !isStopped, let batch = await outbox.next() {
            await deliver(batch)
            if outbox.count < Outbox.batchMessages { await pause(Self.pace) }
        }
        await untilDone {
            try await settle()
            try await carrier.end()
            state.withLock { $0.ended = true }
            return true
        }
    }

    /// The writers have finished: no wait between attempts is long any more.
    func hurry() {
        outbox.finish()
        let sleeper = state.withLock { $0.sleeper }
        sleeper?.cancel()
    }

    /// Whether the gateway has been there, or has not yet been missed.
    var isHopeful: Bool { state.withLock { $0.reached || !$0.warned } }

    /// What became of it all, in one line; `nil` when everything was delivered.
    var shortfall: String? {
        let (state, waiting) = (state.withLock { $0 }, outbox.count)
        if state.taken { return nil }
        var parts: [String] = []
        if outbox.dropped > 0 { parts.append("\(outbox.dropped) lines were dropped, as the gateway was slow or away") }
        let missing = waiting + state.uncertain + state.refused
        if missing > 0 { parts.append("\(missing) of the messages could not be delivered") }
        if !state.ended, !state.stopped { parts.append("the gateway has not been told how it ended") }
        if let refusal = state.refusal, !state.stopped { parts.append("the gateway refused: \(refusal)") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private var isStopped: Bool { state.withLock { $0.stopped } || Task.isCancelled }

    private func deliver(_ batch: [OutboundMessage]) async {
        var waiting = batch
        var uncertainSince: ContinuousClock.Instant?
        await untilDone {
            if let since = uncertainSince, .now - since > Self.certainty { return true }
            try await settle()
            if waiting.isEmpty { return true }
            let sent = ContinuousClock.now
            do {
                waiting = sort(waiting, answers: try await carrier.send(waiting))
                uncertainSince = nil
            } catch {
                if !wasNotSent(error) { uncertainSince = uncertainSince ?? sent }
                throw error
            }
            return waiting.isEmpty
        }
        state.withLock { $0.uncertain += waiting.count }
    }

    private func settle() async throws {
        try await carrier.settle()
        state.withLock { $0.reached = true }
    }

    /// Attempts until one is done, with waits between them that grow.
    private func untilDone(_ attempt: () async throws -> Bool) async {
        var backoff = Backoff()
        while !isStopped {
            do {
                if try await attempt() { return }
            } catch {
                failed(error)
            }
            if !isStopped { await pause(min(backoff.next(), longestWait)) }
        }
    }

    /// Counts what is settled; gives what is to be sent again.
    private func sort(_ batch: [OutboundMessage], answers: [Problem?]) -> [OutboundMessage] {
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
            if let problem, ["closed", "fenced"].contains(problem.code) { refuse(problem) }
        }
        return again
    }

    private func failed(_ error: any Error) {
        if let problem = error as? Problem, !problem.isTemporary { return refuse(problem) }
        if error is TaskTaken {
            state.withLock { $0.taken = true }
            return stop("\(error)")
        }
        if error is CancellationError || Task.isCancelled { return }
        // A gateway that was never there will not come in the last second: nobody waits for it.
        state.withLock { state in
            if outbox.isFinished, !state.reached { state.stopped = true }
        }
        warnOnce("\(error); the command goes on, unwatched for now")
    }

    private func refuse(_ problem: Problem) {
        stop("the gateway refuses: \(problem); the command goes on, unwatched")
    }

    private func stop(_ reason: String) {
        let waiting = outbox.close()
        let first = state.withLock { state in
            defer { (state.stopped, state.warned) = (true, true) }
            state.uncertain += waiting
            return !state.stopped
        }
        if first { warn(reason) }
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
