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
/// The buffer is bounded. Past ``capacity`` or ``dataCapacity`` its content is dropped and replaced by a loss of continuity
/// and its restoration, so a consumer that can't keep up recovers from the log and nothing is lost in silence. While the
/// broker itself has lost continuity the restoration is left to it.
package final class BrokerEvents: Sendable {
    /// Events that wait for the consumer, at most.
    package let capacity: Int
    /// Bytes of data that wait for the consumer, at most.
    package let dataCapacity: Int

    private struct State {
        var pending: [BrokerEvent] = []
        /// The bytes of data in `pending`.
        var pendingData = 0
        /// The last that the broker said of continuity was that it is lost.
        var interrupted = false
        var consumer: CheckedContinuation<[BrokerEvent]?, Never>?
        var finished = false

        /// Remembers what the events say of continuity. Returns the bytes of data in them.
        mutating func note(_ events: [BrokerEvent]) -> Int {
            var data = 0
            for event in events {
                switch event {
                case .published(let announcement): data += announcement.message.data.utf8.count
                case .deleted: break
                case .continuityLost: interrupted = true
                case .continuityRestored: interrupted = false
                }
            }
            return data
        }

        mutating func take() -> [BrokerEvent] {
            defer { (pending, pendingData) = ([], 0) }
            return pending
        }

        mutating func drop() {
            pending = interrupted ? [.continuityLost] : [.continuityLost, .continuityRestored]
            pendingData = 0
        }
    }

    private let state = Locked(State())

    package init(capacity: Int = 65_536, dataCapacity: Int = 64 << 20) {
        self.capacity = capacity
        self.dataCapacity = dataCapacity
    }

    /// Adds events behind those that wait. Never blocks and never fails. After ``finish()`` it does nothing.
    package func send(_ events: [BrokerEvent]) {
        guard !events.isEmpty else { return }
        let ready = state.withLock { state -> (CheckedContinuation<[BrokerEvent]?, Never>, [BrokerEvent])? in
            guard !state.finished else { return nil }
            let data = state.note(events)
            if let consumer = state.consumer.take() { return (consumer, events) }
            if state.pending.count + events.count > capacity || state.pendingData + data > dataCapacity {
                state.drop()
            } else {
                state.pending += events
                state.pendingData += data
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
                    if !state.pending.isEmpty { return .some(state.take()) }
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
