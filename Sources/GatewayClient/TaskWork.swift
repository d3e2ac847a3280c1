import JSONText

/// What a worker says of the task that it works on.
package struct TaskWork: Sendable {
    package var id: String
    package var title: String?
    /// One JSON value.
    package var meta: String?
    /// Who works on it, such as `host:pid`; also how it knows itself again.
    package var worker: String
    /// How long the gateway may hear nothing before it calls the task lost: whole seconds, 1 to 86,400.
    package var lease: Duration

    package init(id: String, title: String?, meta: String?, worker: String, lease: Duration) {
        self.id = id
        self.title = title
        self.meta = meta
        self.worker = worker
        self.lease = lease
    }

    /// - Parameter attempt: `nil`: whichever the gateway gives, for a new task.
    func creation(attempt: UInt64?, withMeta: Bool = true) -> String {
        object([
            ("id", JSONWriter.string(id)), ("title", title.map(JSONWriter.string)), ("meta", withMeta ? meta : nil),
            ("attempt", attempt.map { "\($0)" }),
        ])
    }

    func start(attempt: UInt64) -> String {
        object([
            ("state", "\"started\""), ("attempt", "\(attempt)"), ("worker", JSONWriter.string(worker)),
            ("lease", "\(lease.components.seconds)"),
        ])
    }

    func heartbeat(attempt: UInt64) -> String { object([("attempt", "\(attempt)")]) }
}

/// How the work on a task ended.
package struct TaskEnd: Sendable {
    package enum State: String, Sendable {
        case finished, failed, cancelled
    }

    package var state: State
    /// One JSON value.
    package var result: String
    /// Why, in words; `nil` if there is nothing to say.
    package var error: String?

    package init(state: State, result: String, error: String?) {
        self.state = state
        self.result = result
        self.error = error
    }

    func change(attempt: UInt64, withError: Bool = true) -> String {
        object([
            ("state", "\"\(state.rawValue)\""), ("attempt", "\(attempt)"), ("result", result),
            ("error", withError ? error.map(JSONWriter.string) : nil),
        ])
    }
}

/// A JSON object of these members, of which those without a value are left out.
private func object(_ members: [(name: String, value: String?)]) -> String {
    let written = members.compactMap { member in member.value.map { "\"\(member.name)\":\($0)" } }
    return "{" + written.joined(separator: ",") + "}"
}
