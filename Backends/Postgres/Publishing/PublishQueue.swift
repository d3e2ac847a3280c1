import BrokerCore
import BrokerSupport

/// Publications on their way to Postgres.
///
/// Concurrent requests share calls, and so transactions: what is published while all connections are busy goes with the
/// next call together, as ``PublishPace`` says. A publication that comes to a queue at rest never waits.
final class PublishQueue: Sendable {
    /// Sends a call; the answer comes later, on any thread, or before it returns.
    typealias Send = @Sendable (PublishCall, @escaping @Sendable (PublishOutcome) -> Void) -> Void

    /// Publications that wait for an answer, at most; more are refused as unavailable.
    static let maximumPublications = 65_536
    /// Bytes of data that wait for an answer, at most; more are refused as unavailable.
    static let maximumBytes = 128 << 20

    private struct State {
        var lanes: PublishLanes
        var publications = 0
        var bytes = 0
        /// Someone is sending calls, and will look for more before stopping.
        var isSending = false
        /// Looks for a call whose time has come.
        var alarm: (time: ContinuousClock.Instant, task: Task<Void, Never>)?
    }

    private let state: Locked<State>
    private let clock = ContinuousClock()
    private let send: Send

    init(limits: PublishLanes.Limits, send: @escaping Send) {
        state = Locked(State(lanes: PublishLanes(limits: limits)))
        self.send = send
    }

    /// Publications that wait for an answer.
    var publicationCount: Int { state.withLock { $0.publications } }

    /// Publishes, in order on each channel, and answers in the same order.
    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        guard !publications.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let request = PublishRequest(count: publications.count) { continuation.resume(returning: $0) }
            guard enqueue(publications, for: request) else {
                let limits = "\(Self.maximumPublications) publications or \(Self.maximumBytes >> 20) MiB"
                return request.answerAll(.failure(.unavailable(reason: "\(limits) wait for Postgres")))
            }
            sendCalls()
        }
    }

    /// `false`: there is no room, and none of them was taken.
    private func enqueue(_ publications: [Publication], for request: PublishRequest) -> Bool {
        let bytes = publications.reduce(0) { $0 + $1.data.utf8.count }
        let now = clock.now
        return state.withLock { state in
            guard state.publications + publications.count <= Self.maximumPublications,
                state.bytes + bytes <= Self.maximumBytes || state.bytes == 0
            else { return false }
            state.publications += publications.count
            state.bytes += bytes
            for (index, publication) in publications.enumerated() {
                state.lanes.append(
                    PublishEntry(publication: publication, request: request, index: index, since: now))
            }
            return true
        }
    }

    /// Sends what may go. Only one at a time does: where a call is answered before `send` returns, as everything is
    /// while the server is down, the next goes from the loop, and not from within the one before: the stack has no room
    /// for so many.
    private func sendCalls() {
        guard
            state.withLock({ state in
                defer { state.isSending = true }
                return !state.isSending
            })
        else { return }
        while let call = nextCall() {
            send(call) { [self] outcome in
                let settled = settle(call, outcome)
                sendCalls()
                for (entry, result) in settled { entry.request.answer(entry.index, result) }
            }
        }
    }

    private func nextCall() -> PublishCall? {
        let now = clock.now
        return state.withLock { state in
            let call = state.lanes.next(now: now)
            state.isSending = call != nil
            if call == nil, let time = state.lanes.nextTime { setAlarm(time, &state) }
            return call
        }
    }

    private func setAlarm(_ time: ContinuousClock.Instant, _ state: inout State) {
        if let alarm = state.alarm {
            guard time < alarm.time else { return }
            alarm.task.cancel()
        }
        let task = Task {
            guard (try? await clock.sleep(until: time, tolerance: .zero)) != nil else { return }
            self.state.withLock { if $0.alarm?.time == time { $0.alarm = nil } }
            sendCalls()
        }
        state.alarm = (time, task)
    }

    private func settle(
        _ call: PublishCall, _ outcome: PublishOutcome
    ) -> [(PublishEntry, Result<Receipt, BrokerError>)] {
        let now = clock.now
        return state.withLock { state in
            let settled = state.lanes.answered(call, outcome, now: now)
            state.publications -= settled.count
            state.bytes -= settled.reduce(0) { $0 + $1.0.bytes }
            return settled
        }
    }
}
