import DequeModule
import Synchronization

/// What a program has written and the gateway has not yet taken, in order.
///
/// Writers never wait for the gateway. What does not fit ``memory`` goes to a file, and past the capacity the oldest
/// lines are dropped, and a line that tells how many takes their place. Of progress only the newest is kept.
package final class Outbox: Sendable {
    /// What waits in memory and on disk together, in bytes, at most.
    package static let standardCapacity = 64 << 20
    /// Of that in memory, in bytes, at most.
    static let memory = 1 << 20
    /// What one request carries, at most: messages, and bytes of data.
    package static let batchMessages = 4096
    static let batchBytes = 512 << 10
    /// The shortest time from one progress to the next.
    static let progressPace = Duration.milliseconds(100)
    /// The longest that a line waits for a progress that is not due.
    static let nap = Duration.milliseconds(25)

    private let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: in bytes.
    ///   - folder: where the file of what does not fit the memory is made; `nil`: where the system keeps such.
    package init(capacity: Int = Outbox.standardCapacity, memory: Int = Outbox.memory, folder: String? = nil) {
        let file = folder.map { SpillFile(capacity: capacity, folder: $0) } ?? SpillFile(capacity: capacity)
        state = Mutex(State(lines: LineBuffer(capacity: capacity, memory: memory, file: file)))
    }

    /// How many lines were dropped in all.
    package var dropped: Int { state.withLock { $0.lines.dropped } }
    /// How many messages wait.
    package var count: Int { state.withLock { $0.lines.count + ($0.progress == nil ? 0 : 1) } }
    /// Nothing more will be written.
    package var isFinished: Bool { state.withLock { $0.finished } }

    /// Lines of output. Never fails; after ``finish()`` it does nothing.
    package func append(_ lines: LineBlock) {
        change { $0.lines.append(lines) }
    }

    /// How far the work is, as a JSON object, in place of what was said before and is not yet taken.
    package func report(progress: String) {
        change { $0.progress = progress }
    }

    /// Makes the consumer turn once even if there is nothing to take.
    package func nudge() {
        change { $0.nudged = true }
    }

    /// Nothing more will be written: the consumer gets what waits, then `nil`.
    package func finish() {
        change { $0.finished = true }
    }

    /// Gives up the lines that wait, but for the one that tells how many are missing.
    package func skip() {
        state.withLock { $0.lines.dropAll() }
    }

    /// Gives up everything, also what is still written. Gives how many messages waited.
    func close() -> Int {
        let waiting = state.withLock { state in
            defer { state.empty() }
            return state.lines.count + (state.progress == nil ? 0 : 1)
        }
        finish()
        return waiting
    }

    private func change(_ body: (inout State) -> Void) {
        let consumer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.finished else { return nil }
            body(&state)
            return state.consumer.take()
        }
        consumer?.resume()
    }

    /// The oldest messages, as many as fit one request; waits for the first. Empty after ``nudge()``. `nil`: there are
    /// no more, or the task is cancelled. One consumer only; what it has taken is its own, and is not dropped.
    package func next() async -> [OutboundMessage]? {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                switch state.withLock({ $0.take(now: .now) }) {
                case .batch(let batch): return batch
                case .ended: return nil
                case .notYet: _ = try? await Task.sleep(for: Self.nap)
                case .nothing: await waitForMore()
                }
            }
            return nil
        } onCancel: {
            let consumer = state.withLock { $0.consumer.take() }
            consumer?.resume()
        }
    }

    private func waitForMore() async {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                if !state.isIdle || Task.isCancelled { return true }
                state.consumer = continuation
                return false
            }
            if ready { continuation.resume() }
        }
    }
}

extension Outbox {
    /// What there is for the consumer.
    fileprivate enum Turn {
        case batch([OutboundMessage])
        /// Only a progress that comes too soon after the last one.
        case notYet
        case nothing
        case ended
    }

    fileprivate struct State: ~Copyable {
        var lines: LineBuffer
        var progress: String?
        var progressTaken: ContinuousClock.Instant?
        var nextNumber: UInt64 = 0
        var nudged = false
        var finished = false
        var consumer: CheckedContinuation<Void, Never>?

        init(lines: consuming LineBuffer) {
            self.lines = lines
        }

        mutating func empty() {
            lines.removeAll()
            progress = nil
        }

        var isIdle: Bool { lines.count == 0 && progress == nil && !nudged && !finished }

        mutating func take(now: ContinuousClock.Instant) -> Turn {
            var contents = lines.take(messages: Outbox.batchMessages - 1, bytes: Outbox.batchBytes)
                .map(OutboundMessage.Content.line)
            if let progress = takeProgress(now: now) { contents.append(.progress(progress)) }
            if !contents.isEmpty || nudged {
                nudged = false
                return .batch(contents.map { OutboundMessage(number: takeNumber(), content: $0) })
            }
            return progress != nil ? .notYet : finished ? .ended : .nothing
        }

        private mutating func takeProgress(now: ContinuousClock.Instant) -> String? {
            let due = progressTaken.map { now - $0 >= Outbox.progressPace } ?? true
            guard due || finished, let progress = progress.take() else { return nil }
            progressTaken = now
            return progress
        }

        private mutating func takeNumber() -> UInt64 {
            defer { nextNumber += 1 }
            return nextNumber
        }
    }
}
