package import BrokerCore

/// A worker's output that is about to come, line by line.
package struct TaskLog: Hashable, Sendable {
    package let id: TaskID
    /// The attempt whose output it is, the fence of every line.
    package let attempt: UInt64
    /// `nil`: nobody has to hear from the worker. Else ``TaskStore/renew(_:)`` is due at least every quarter of it.
    package let lease: Duration?

    /// One line. What it lacks, an idempotency key perhaps, is the caller's to add.
    package func publication(of line: String) -> Publication {
        Publication(channel: id.channel, event: .log, data: line, fence: attempt)
    }
}
