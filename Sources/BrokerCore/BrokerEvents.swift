/// What a broker tells a handle.
package enum BrokerEvent: Hashable, Sendable {
    case published(Announcement)
    /// The channel's log is gone; a new message would begin a new epoch.
    case deleted(ChannelName, Epoch)
    /// From here on announcements of these channels may be missing.
    case continuityLost(Extent)
    /// These channels are attached again, or were detached: what was missed is to be recovered, what comes now is
    /// announced.
    case continuityRestored(Extent)

    /// Of which channels continuity is lost or restored.
    package enum Extent: Hashable, Sendable {
        /// All channels, those included that are attached while it lasts.
        case everything
        case channels([ChannelName])
    }
}

/// The events of one handle, in order, in batches: what has gathered since the consumer last asked comes at once.
///
/// The buffer is bounded. Past ``capacity`` or ``dataCapacity`` its content is dropped and replaced by a loss of continuity
/// and its restoration, so a consumer that can't keep up recovers from the log and nothing is lost in silence. What the
/// broker itself has not restored is not said to be: that is left to the broker.
package final class BrokerEvents: Sendable {
    /// Events that wait for the consumer, at most.
    package let capacity: Int
    /// Bytes of data and of names that wait for the consumer, at most.
    package let dataCapacity: Int

    /// Takes events in place of the consumer, or does not: `false`.
    package typealias Shortcut = @Sendable ([BrokerEvent]) -> Bool

    private struct Consumer {
        let continuation: CheckedContinuation<[BrokerEvent]?, Never>
        let shortcut: Shortcut?
    }

    private struct State {
        var pending: [BrokerEvent] = []
        /// The bytes of data and of names in `pending`.
        var pendingData = 0
        var continuity = Continuity()
        var consumer: Consumer?
        var finished = false

        /// Remembers what the events say of continuity. Returns the bytes of data and of names in them.
        mutating func note(_ events: [BrokerEvent]) -> Int {
            var data = 0
            for event in events {
                continuity.note(event)
                data += event.dataBytes
            }
            return data
        }

        mutating func take() -> [BrokerEvent] {
            defer { (pending, pendingData) = ([], 0) }
            return pending
        }

        mutating func drop() {
            pending = continuity.eventsAfterLoss
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
        let ready = state.withLock { state -> Consumer? in
            guard !state.finished else { return nil }
            let data = state.note(events)
            if let consumer = state.consumer {
                if let shortcut = consumer.shortcut, shortcut(events) { return nil }
                return state.consumer.take()
            }
            if state.pending.count + events.count > capacity || state.pendingData + data > dataCapacity {
                state.drop()
            } else {
                state.pending += events
                state.pendingData += data
            }
            return nil
        }
        ready?.continuation.resume(returning: events)
    }

    /// Ends the stream: the consumer gets what waits, then `nil`.
    package func finish() {
        let consumer = state.withLock { state in
            state.finished = true
            return state.consumer.take()
        }
        consumer?.continuation.resume(returning: nil)
    }

    /// Waits for the next events; `nil` when there are no more, or the task is cancelled.
    ///
    /// - Parameter shortcut: saves waking the task. While it waits, what is sent is offered here first, in order, on the
    ///   sender's thread and under its lock: it must be quick, and not call back. What it takes does not come as a result.
    package func next(offering shortcut: Shortcut? = nil) async -> [BrokerEvent]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> [BrokerEvent]?? in
                    if !state.pending.isEmpty { return .some(state.take()) }
                    if state.finished || Task.isCancelled { return .some(nil) }
                    precondition(state.consumer == nil, "BrokerEvents has one consumer")
                    state.consumer = Consumer(continuation: continuation, shortcut: shortcut)
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let consumer = state.withLock { $0.consumer.take() }
            consumer?.continuation.resume(returning: nil)
        }
    }
}

extension BrokerEvent {
    /// What the event holds, in bytes, beside its own size.
    fileprivate var dataBytes: Int {
        switch self {
        case .published(let announcement): announcement.message.data.utf8.count
        case .continuityLost(.channels(let names)), .continuityRestored(.channels(let names)):
            names.reduce(0) { $0 + MemoryLayout<ChannelName>.size + $1.rawValue.utf8.count }
        case .deleted, .continuityLost(.everything), .continuityRestored(.everything): 0
        }
    }
}
