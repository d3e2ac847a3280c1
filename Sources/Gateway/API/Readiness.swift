import BrokerCore
import Synchronization

/// Whether the broker answers. All who ask at the same time share one round trip, and nobody waits longer than ``patience``, even
/// when the broker never answers: then it is not asked again before it has.
final class Readiness: Sendable {
    typealias Answer = Result<Void, BrokerError>

    /// How long the broker may take: shorter than what probes usually wait.
    static let usualPatience = Duration.seconds(3)

    private enum State {
        case idle
        /// The broker has been asked, and these wait.
        case asked([CheckedContinuation<Answer, Never>])
        /// The broker has been asked, and nobody waits any more.
        case overdue
    }

    private enum Turn {
        case ask, wait
        case give(Answer)
    }

    private let broker: any Broker
    private let patience: Duration
    private let state = Locked(State.idle)
    private let answered = Atomic<Bool>(false)

    init(broker: any Broker, patience: Duration = Readiness.usualPatience) {
        self.broker = broker
        self.patience = patience
    }

    /// - Throws: what is wrong with the broker.
    func check() async throws(BrokerError) {
        let answer = await withCheckedContinuation { continuation in
            switch begin(continuation) {
            case .ask: ask()
            case .wait: break
            case .give(let answer): continuation.resume(returning: answer)
            }
        }
        try answer.get()
    }

    /// The broker has answered once.
    var hasAnswered: Bool { answered.load(ordering: .relaxed) }
    /// How many wait for the answer that is under way.
    var waiting: Int { state.withLock { if case .asked(let waiting) = $0 { waiting.count } else { 0 } } }
    /// The broker owes an answer that nobody waits for any more.
    var isOverdue: Bool { state.withLock { if case .overdue = $0 { true } else { false } } }

    private func begin(_ continuation: CheckedContinuation<Answer, Never>) -> Turn {
        state.withLock { state in
            switch state {
            case .idle:
                state = .asked([continuation])
                return .ask
            case .asked(let waiting):
                state = .asked(waiting + [continuation])
                return .wait
            case .overdue:
                return .give(tooLate)
            }
        }
    }

    private func ask() {
        let watch = Task { [patience] in
            try await Task.sleep(for: patience)
            end(.overdue, tooLate)
        }
        Task {
            let answer: Answer
            do throws(BrokerError) { answer = .success(try await broker.ping()) } catch { answer = .failure(error) }
            watch.cancel()
            if case .success = answer { answered.store(true, ordering: .relaxed) }
            end(.idle, answer)
        }
    }

    private func end(_ next: State, _ answer: Answer) {
        let waiting = state.withLock { state -> [CheckedContinuation<Answer, Never>] in
            guard case .asked(let waiting) = state else {
                if case .idle = next { state = .idle }
                return []
            }
            state = next
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: answer) }
    }

    private var tooLate: Answer { .failure(.unavailable(reason: "it has not answered a ping within \(patience)")) }
}
