/// Which way a task may go. It knows of no broker.
enum TaskMachine {
    /// Within one attempt.
    static func allows(_ from: TaskState, _ to: TaskState) -> Bool {
        switch (from, to) {
        case (.queued, .queued), (.queued, .started), (.queued, .cancelled): true
        case (.started, .started), (.started, .finished), (.started, .failed), (.started, .cancelled): true
        // By way of started: its worker was only slow.
        case (.lost, .started), (.lost, .finished), (.lost, .failed), (.lost, .cancelled): true
        default: false
        }
    }

    /// From one attempt to a higher one.
    static func reopens(_ from: TaskState, _ to: TaskState) -> Bool {
        (from.isFinal || from == .lost) && begins(to)
    }

    private static func begins(_ state: TaskState?) -> Bool { state == .queued || state == .started }

    /// What the change publishes on the task as it is.
    static func plan(_ change: TaskChange, on view: TaskView) throws(TaskError) -> TaskPlan {
        guard let life = view.life else { return try first(change, on: view) }
        let attempt = change.attempt ?? life.attempt
        guard attempt >= view.fence else {
            throw .fenced(attempt: attempt, current: life.state, currentAttempt: view.fence)
        }
        return attempt == life.attempt
            ? try next(change, of: life, on: view) : try newAttempt(attempt, change, after: life, on: view)
    }

    /// Creating is changing, but for a task that there is: of that, it is a new attempt.
    static func plan(creating change: TaskChange, on view: TaskView) throws(TaskError) -> TaskPlan {
        if let life = view.life, change.attempt ?? life.attempt == life.attempt, life.attempt >= view.fence {
            throw .illegalTransition(to: change.purpose, current: life.state, attempt: life.attempt)
        }
        return try plan(change, on: view)
    }

    private static func first(_ change: TaskChange, on view: TaskView) throws(TaskError) -> TaskPlan {
        guard let state = change.state, begins(state) else { throw .unknown(view.id) }
        // A channel that was closed opens only for a higher generation than it has seen.
        let lowest = max(1, view.isOver ? view.fence + 1 : view.fence)
        let attempt = change.attempt ?? lowest
        guard attempt >= view.fence else {
            throw .fenced(attempt: attempt, current: nil, currentAttempt: view.fence)
        }
        guard attempt >= lowest else { throw .illegalTransition(to: state.rawValue, current: nil, attempt: view.fence) }
        return plan(TaskLife(state: state, attempt: attempt).updated(by: change), change)
    }

    private static func newAttempt(
        _ attempt: UInt64, _ change: TaskChange, after life: TaskLife, on view: TaskView
    ) throws(TaskError) -> TaskPlan {
        guard let state = change.state, reopens(life.state, state) || view.isOver && begins(state) else {
            throw .illegalTransition(to: change.purpose, current: life.state, attempt: life.attempt)
        }
        return plan(life.reopened(as: state, attempt: attempt).updated(by: change), change)
    }

    private static func next(
        _ change: TaskChange, of life: TaskLife, on view: TaskView
    ) throws(TaskError) -> TaskPlan {
        guard !view.isOver, change.state.map({ allows(life.state, $0) }) ?? true else {
            throw .illegalTransition(to: change.purpose, current: life.state, attempt: life.attempt)
        }
        let alive = life.state == .lost ? life.moved(to: .started) : life
        let target = alive.moved(to: change.state ?? alive.state).updated(by: change)
        var plan = plan(target, change)
        if alive != life { plan.back = alive }
        if target == alive { plan.state = nil }
        return plan
    }

    private static func plan(_ life: TaskLife, _ change: TaskChange) -> TaskPlan {
        var plan = TaskPlan(attempt: life.attempt, progress: change.progress, log: change.log)
        if life.state.isFinal { plan.end = life } else { plan.state = life }
        return plan
    }

    /// The task with the wish to end it; `nil` when that is known already. What is queued ends at once.
    static func cancel(_ view: TaskView) throws(TaskError) -> TaskLife? {
        guard let life = view.life else { throw .unknown(view.id) }
        guard life.attempt >= view.fence else {
            throw .fenced(attempt: life.attempt, current: life.state, currentAttempt: view.fence)
        }
        guard !view.isOver else {
            throw .illegalTransition(
                to: TaskState.cancelled.rawValue, current: life.state, attempt: life.attempt)
        }
        guard !life.cancelRequested else { return nil }
        var next = life.state == .queued ? life.moved(to: .cancelled) : life
        next.cancelRequested = true
        return next
    }

    /// The task as its lease leaves it when it has run out; `nil` for a task that no lease runs for.
    static func lose(_ view: TaskView) -> TaskLife? {
        guard let life = view.life, life.runningLease != nil, !view.isOver else { return nil }
        return life.moved(to: .lost)
    }
}
