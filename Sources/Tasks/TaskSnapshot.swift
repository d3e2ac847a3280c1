package import BrokerCore

/// A task at one moment, as users see it. All times are milliseconds since 1970 by the broker's clock.
package struct TaskSnapshot: Hashable, Sendable {
    package let id: TaskID
    /// There is a channel of this task.
    package let exists: Bool
    /// `nil`: unknown. There is no such task, or its state can't be read.
    package let state: TaskState?
    package let attempt: UInt64?
    package let title: String?
    /// As ``result`` and ``error``, any JSON, verbatim.
    package let meta: String?
    package internal(set) var progress: Progress?
    package let worker: String?
    package let lease: Duration?
    package let result: String?
    package let error: String?
    package let cancelRequested: Bool
    package let created: Int64?
    package let started: Int64?
    package let ended: Int64?
    /// When the newest of state and progress was written; `nil` where the broker has not said it yet: in the answer to a
    /// change of the progress.
    package internal(set) var updated: Int64?
    /// Where the newest of state and progress stands, the snapshot's version; `nil` if there is neither.
    package internal(set) var position: Position?
    /// Where the channel's newest message stands; ``Position/origin`` if there is no channel.
    package internal(set) var top: Position

    /// The progress of the present attempt.
    package struct Progress: Hashable, Sendable {
        /// Its members as they were written, without braces.
        let members: String
        /// As ``TaskSnapshot/updated``.
        let time: Int64?
    }

    package init(_ status: ChannelStatus?, id: TaskID) { self.init(TaskView(status, id: id)) }

    init(_ view: TaskView) {
        let life = view.life
        (id, exists) = (view.id, view.status != nil)
        (state, attempt, title, meta) = (life?.state, life?.attempt, life?.title, life?.meta)
        (worker, lease, result, error) = (life?.worker, life?.lease, life?.result, life?.error)
        cancelRequested = life?.cancelRequested ?? false
        (created, started, ended) = (life?.created, life?.started, life?.ended)
        progress = view.progress.flatMap(Progress.init)
        let newest = [view.stateMessage, view.status?.retained(TaskNames.progressKey)].compactMap(\.self)
            .max { $0.offset < $1.offset }
        updated = newest?.time
        position = view.status.flatMap { status in newest.map { Position(epoch: status.epoch, offset: $0.offset) } }
        top = view.status.map { Position(epoch: $0.epoch, offset: $0.top) } ?? .origin
    }

    /// Nothing more comes of this attempt.
    package var isFinal: Bool { state?.isFinal ?? false }
}
