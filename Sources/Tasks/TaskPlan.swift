/// What a change publishes, in its order, each step only when those before were published.
struct TaskPlan: Hashable, Sendable {
    let attempt: UInt64
    /// The attempt was lost: it is brought back first.
    var back: TaskLife?
    /// A state that is not final, or new fields; `nil` if nothing of that changes.
    var state: TaskLife?
    var progress: TaskProgress?
    var log: [String] = []
    /// The end of the attempt. With it the channel closes.
    var end: TaskLife?
}
