/// What someone wants to do with a channel; the raw values are the names of the claims that allow it.
package enum AccessAction: String, CaseIterable, Hashable, Sendable {
    /// Read it: its backlog and what follows.
    case subscribe
    /// Write to it, or delete it; of a task, change it.
    case publish
    /// Ask a task to end.
    case cancel
}
