package import BrokerCore

/// Why a task is not what it was asked to become. But for ``busy`` and ``broker(_:)``, which may come in the middle of a
/// request that carries several things, nothing has changed; unless someone else ended the attempt in the middle of it:
/// then what comes before the end, its progress and its lines, may be there.
package enum TaskError: Error, Hashable, Sendable {
    /// The request says something that no task can be. `code` is `invalid_id`, `invalid_state`, `invalid_progress`,
    /// `invalid_lease` or `invalid_field`.
    case invalid(code: String, detail: String)
    /// There is no such task.
    case unknown(TaskID)
    /// The task does not go from where it is to `to`: a state, or what the request carries. `current` is `nil` where the
    /// channel is closed and has no readable state.
    case illegalTransition(to: String, current: TaskState?, attempt: UInt64)
    /// A later attempt has begun: `attempt` was asked for, `currentAttempt` is the task's.
    case fenced(attempt: UInt64, current: TaskState?, currentAttempt: UInt64)
    /// Others changed the task again and again at the same time. Trying again is safe.
    case busy
    case broker(BrokerError)

    /// The stable code that users see.
    package var code: String {
        switch self {
        case .invalid(let code, _): code
        case .unknown: "unknown_task"
        case .illegalTransition: "illegal_transition"
        case .fenced: "fenced"
        case .busy: "busy"
        case .broker(let error): error.code
        }
    }

    /// What is wrong, in words.
    package var detail: String {
        switch self {
        case .invalid(_, let detail): detail
        case .unknown(let id): "there is no task \"\(id)\""
        case .illegalTransition(let to, let current, let attempt):
            "attempt \(attempt) of the task is \(current?.rawValue ?? "closed"); it does not take \"\(to)\""
        case .fenced(let attempt, _, let currentAttempt):
            "attempt \(attempt) is over: the task is at attempt \(currentAttempt)"
        case .busy: "others are changing the task at the same time"
        case .broker(let error): "\(error)"
        }
    }
}
