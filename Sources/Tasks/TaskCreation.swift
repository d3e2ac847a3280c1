package import JSONText

/// A task that is to be queued.
package struct TaskCreation: Hashable, Sendable {
    /// `nil`: one is made.
    package var id: TaskID?
    /// At most ``TaskFields/maximumTitleBytes``.
    package var title: String?
    /// Any JSON, verbatim.
    package var meta: String?
    /// `nil`: the first. Of a task that there is already: one above its present attempt.
    package var attempt: UInt64?
    /// At most ``TaskFields/maximumWorkerBytes``.
    package var worker: String?

    package init(
        id: TaskID? = nil, title: String? = nil, meta: String? = nil, attempt: UInt64? = nil, worker: String? = nil
    ) {
        self.id = id
        self.title = title
        self.meta = meta
        self.attempt = attempt
        self.worker = worker
    }

    /// - Throws: ``TaskError/invalid(code:detail:)`` that names the member and what is allowed.
    package init(_ object: JSONObject, namespace: TaskNamespace) throws(TaskError) {
        for member in object.members {
            switch member.key {
            case "id":
                let text = try TaskFields.text(member, maximumBytes: .max, code: "invalid_id")
                id = try TaskID(text, namespace: namespace)
            case "title": title = try TaskFields.title(member)
            case "meta": meta = member.verbatim
            case "attempt": attempt = try TaskFields.attempt(member)
            case "worker": worker = try TaskFields.worker(member)
            default: throw TaskFields.unknown(member, allowed: "id, title, meta, attempt, worker")
            }
        }
    }

    /// The same as a change of the task.
    var change: TaskChange {
        TaskChange(state: .queued, attempt: attempt, worker: worker, title: title, meta: meta)
    }
}
