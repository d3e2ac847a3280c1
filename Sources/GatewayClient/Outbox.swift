import DequeModule
import Synchronization

/// What a program has written and the gateway has not yet taken, in order.
///
/// Writers never wait. The memory is bounded: past ``capacity`` the oldest messages that wait are dropped, and a line
/// that tells how many takes their place.
package final class Outbox: Sendable {
    /// Bytes that wait, at most, each message counted with ``overhead``.
    package static let standardCapacity = 8 << 20
    /// What a message costs beyond its data, in bytes, so that empty lines are bounded too.
    static let overhead = 64
    /// What one request carries, at most: messages, and bytes of data.
    package static let batchMessages = 256
    static let batchBytes = 256 << 10

    fileprivate struct State {
        var waiting: Deque<OutboundMessage> = []
        var bytes = 0
        var nextNumber: UInt64 = 0
        /// Dropped since the last batch was taken, and in all.
        var droppedHere = 0
        var dropped = 0
        var finished = false
        var consumer: CheckedContinuation<Void, Never>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int = Outbox.standardCapacity) {
        self.capacity = capacity
    }

    /// How many messages were dropped in all.
    package var dropped: Int { state.withLock { $0.dropped } }
    /// How many messages wait.
    package var count: Int { state.withLock { $0.waiting.count } }
    /// Nothing more will be written.
    package var isFinished: Bool { state.withLock { $0.finished } }

    /// Never blocks, never fails; after ``finish()`` it does nothing.
    package func append(event: String, _ payload: OutboundMessage.Payload, closes: Bool = false) {
        let consumer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.finished else { return nil }
            state.waiting.append(
                OutboundMessage(number: state.takeNumber(), event: event, payload: payload, closes: closes))
            state.bytes += payload.bytes + Self.overhead
            while state.bytes > capacity, state.waiting.count > 1 { state.dropOldest() }
            return state.consumer.take()
        }
        consumer?.resume()
    }

    /// Nothing more will be written: the consumer gets what waits, then `nil`.
    package func finish() {
        let consumer = state.withLock { state in
            state.finished = true
            return state.consumer.take()
        }
        consumer?.resume()
    }

    /// Gives up what waits, but for the newest message and the line that tells what is missing.
    package func skipToLast() {
        state.withLock { state in
            while state.waiting.count > 1 { state.dropOldest() }
        }
    }

    /// The oldest messages, as many as fit one request; waits for the first. `nil`: there are no more, or the task is
    /// cancelled. One consumer only; what it has taken is its own, and is not dropped.
    package func next() async -> [OutboundMessage]? {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                let batch = state.withLock { $0.takeBatch() }
                if !batch.isEmpty { return batch }
                if isFinished { return nil }
                await waitForMore()
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
                if !state.waiting.isEmpty || state.finished || Task.isCancelled { return true }
                state.consumer = continuation
                return false
            }
            if ready { continuation.resume() }
        }
    }
}

extension Outbox.State {
    fileprivate mutating func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    fileprivate mutating func dropOldest() {
        let oldest = waiting.removeFirst()
        bytes -= oldest.payload.bytes + Outbox.overhead
        droppedHere += 1
        dropped += 1
    }

    fileprivate mutating func takeBatch() -> [OutboundMessage] {
        var batch: [OutboundMessage] = []
        var size = 0
        if droppedHere > 0 {
            let notice = "telltale: \(droppedHere) lines are missing here: the gateway did not take them in time"
            batch.append(OutboundMessage(number: takeNumber(), event: "log", payload: .text(notice)))
            droppedHere = 0
        }
        while batch.count < Outbox.batchMessages, let first = waiting.first {
            size += first.payload.bytes
            if size > Outbox.batchBytes, !batch.isEmpty { break }
            bytes -= first.payload.bytes + Outbox.overhead
            batch.append(waiting.removeFirst())
        }
        return batch
    }
}
