import Synchronization

/// What a broker tells a handle.
package enum BrokerEvent: Hashable, Sendable {
    case published(Announcement)
    /// The channel's log is gone; a new message would begin a new epoch.
    case deleted(ChannelName, Epoch)
    /// From here on announcements may be missing, on every channel.
    case continuityLost
    /// Every channel is attached again: what was missed is to be recovered, what comes now is announced.
    case continuityRestored
}

/// The events of one handle, in order, in batches: what has gathered since the consumer last asked comes at once.
///
/// The buffer is bounded. Past ``capacity`` its content is dropped and replaced by a loss of continuity and its
/// restoration, so a consumer that can't keep up recovers from the log and nothing is lost in silence.
package final class BrokerEvents: Sendable {
    /// Events that wait for the consumer, at most.
    package let capacity: Int

    private struct State {
        var pending: [BrokerEvent] = []
        var consumer: CheckedContinuation<[BrokerEvent]?, Never>?
        var finished = false
    }

    private let state = Mutex(State())

    package init(capacity: Int = 65_536) {
        self.capacity = capacity
    }

    /// Adds events behind those that wait. Never blocks and never fails. After ``finish()`` it does nothing.
    package func send(_ events: [BrokerEvent]) {
        guard !events.isEmpty else { return }
        let ready = state.withLock { state -> (CheckedContinuation<[BrokerEvent]?, Never>, [BrokerEvent])? in
            guard !state.finished else { return nil }
            if let consumer = state.consumer.take() { return (consumer, events) }
            if state.pending.count + events.count > capacity {
                state.pending = [.continuityLost, .continuityRestored]
            } else {
                state.pending += events
            }
            return nil
        }
        if let (consumer, events) = ready { consumer.resume(returning: events) }
    }

    /// Ends the stream: the consumer gets what waits, then `nil`.
    package func finish() {
        let consumer = state.withLock { state in
            state.finished = true
            return state.consumer.take()
        }
        consumer?.resume(returning: nil)
    }

    /// Waits for the next events; `nil` when there are no more, or the task is cancelled.
    package func next() async -> [BrokerEvent]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> [BrokerEvent]?? in
                    if !state.pending.isEmpty {
                        defer { state.pending = [] }
                        return .some(state.pending)
                    }
                    if state.finished || Task.isCancelled { return .some(nil) }
                    precondition(state.consumer == nil, "BrokerEvents has one consumer")
                    state.consumer = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let consumer = state.withLock { $0.consumer.take() }
            consumer?.resume(returning: nil)
        }
    }
}
