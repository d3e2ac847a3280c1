/// Where a task is in its life. A task that has no readable state is in none of these: it is unknown.
package enum TaskState: String, CaseIterable, Hashable, Sendable {
    case queued, started, finished, failed, cancelled
    /// Its lease ran out. Its worker may only have been slow, and bring it back.
    case lost

    /// Nothing more comes of this attempt.
    package var isFinal: Bool {
        switch self {
        case .finished, .failed, .cancelled: true
        case .queued, .started, .lost: false
        }
    }
}
