package import JSONText

/// What a worker says of its task, all in one. With nothing in it but perhaps an attempt it is a heartbeat.
package struct TaskChange: Hashable, Sendable {
    package var state: TaskState?
    /// `nil`: the present one.
    package var attempt: UInt64?
    package var progress: TaskProgress?
    /// Lines of output, each a message of its own; at most ``TaskFields/maximumLines``.
    package var log: [String]
    /// Any JSON, verbatim.
    package var result: String?
    /// Any JSON, verbatim.
    package var error: String?
    package var worker: String?
    package var title: String?
    /// Any JSON, verbatim.
    package var meta: String?
    /// How long the worker may be silent, from its last write on.
    package var lease: Duration?

    package init(
        state: TaskState? = nil, attempt: UInt64? = nil, progress: TaskProgress? = nil, log: [String] = [],
        result: String? = nil, error: String? = nil, worker: String? = nil, title: String? = nil, meta: String? = nil,
        lease: Duration? = nil
    ) {
        self.state = state
        self.attempt = attempt
        self.progress = progress
        self.log = log
        self.result = result
        self.error = error
        self.worker = worker
        self.title = title
        self.meta = meta
        self.lease = lease
    }

    /// - Throws: ``TaskError/invalid(code:detail:)`` that names the member and what is allowed.
    package init(_ object: JSONObject) throws(TaskError) {
        log = []
        for member in object.members {
            switch member.key {
            case "state": state = try TaskFields.state(member)
            case "attempt": attempt = try TaskFields.attempt(member)
            case "progress": progress = try TaskProgress(member)
            case "log": log = try TaskFields.lines(member)
            case "result": result = member.verbatim
            case "error": error = member.verbatim
            case "worker": worker = try TaskFields.worker(member)
            case "title": title = try TaskFields.title(member)
            case "meta": meta = member.verbatim
            case "lease": lease = try TaskFields.lease(member)
            default: throw TaskFields.unknown(member, allowed: Self.members)
            }
        }
    }

    private static let members = "state, attempt, progress, log, result, error, worker, title, meta, lease"

    /// Something that the state message holds, beside the state.
    var hasFields: Bool {
        result != nil || error != nil || worker != nil || title != nil || meta != nil || lease != nil
    }

    /// What a refusal calls it.
    var purpose: String {
        if let state { return state.rawValue }
        if hasFields { return "update" }
        if !log.isEmpty { return "log" }
        return progress == nil ? "heartbeat" : "progress"
    }
}
