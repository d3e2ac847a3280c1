import BrokerCore

/// The whole of a task but for its progress: what a `state` message says, and what its successor takes over.
///
/// A message never carries a time of its own. What it begins, began at the message's time: read from a message, the times
/// are all there; taken over into the next message, they are what the broker's clock said.
struct TaskLife: Hashable, Sendable {
    var state: TaskState
    var attempt: UInt64
    var title: String?
    /// As ``result`` and ``error``, any JSON, verbatim.
    var meta: String?
    var worker: String?
    var lease: Duration?
    var result: String?
    var error: String?
    var cancelRequested = false
    /// Milliseconds since 1970, as the other times; `nil` in a message that is not yet published: its own time.
    var created: Int64?
    var started: Int64?
    var ended: Int64?
    /// The offset of the attempt's first state message; `nil` in that message itself before it is published.
    var began: UInt64?

    init(state: TaskState, attempt: UInt64) {
        self.state = state
        self.attempt = attempt
    }

    /// The next attempt: it has its title and meta from the one before, and the time when the task was created.
    func reopened(as state: TaskState, attempt: UInt64) -> TaskLife {
        var next = TaskLife(state: state, attempt: attempt)
        (next.title, next.meta, next.created) = (title, meta, created)
        return next
    }

    /// The same attempt in a state.
    func moved(to state: TaskState) -> TaskLife {
        var next = self
        next.state = state
        return next
    }

    /// With the fields that a change gives.
    func updated(by change: TaskChange) -> TaskLife {
        var next = self
        next.title = change.title ?? title
        next.meta = change.meta ?? meta
        next.worker = change.worker ?? worker
        next.lease = change.lease ?? lease
        next.result = change.result ?? result
        next.error = change.error ?? error
        return next
    }

    /// Whether it has a field of its own that the other does not have, or has otherwise.
    func saysMore(than other: TaskLife?) -> Bool {
        let texts: [KeyPath<TaskLife, String?>] = [\.title, \.meta, \.worker, \.result, \.error]
        return lease != nil && lease != other?.lease
            || texts.contains { self[keyPath: $0] != nil && self[keyPath: $0] != other?[keyPath: $0] }
    }

    /// How long the task may be silent; `nil` when nobody has promised anything.
    var runningLease: Duration? { state == .started ? lease : nil }
}
