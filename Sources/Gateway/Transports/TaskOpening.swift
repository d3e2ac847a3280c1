import BrokerCore
import Tasks

/// The order of one reader's way into one task: its snapshot, then the channel from where the snapshot stands, so that
/// nothing falls between the two. A pure state machine.
///
/// The snapshot is taken first. A subscription that then opens above it would miss what lies between, and is made anew from
/// after the snapshot; one that opens in another log shows that the snapshot is of a channel that is gone.
struct TaskOpening {
    enum Step: Hashable, Sendable {
        /// Take the snapshot; ``inspected(_:)`` follows.
        case inspect
        /// Subscribe to the channel; ``opened(at:)`` follows.
        case subscribe(Start)
        /// Show the snapshot, and then where the stream opens.
        case show(TaskSnapshot)
    }

    /// A channel that is made anew so many times while one reader comes is shown as it was at last.
    static let maximumInspections = 3

    let id: TaskID
    private let start: Start
    private var inspections = 0
    private var isAnew = false
    private var snapshot: TaskSnapshot?

    init(id: TaskID, start: Start) {
        self.id = id
        self.start = start
    }

    /// The snapshot has been taken. Who wants only what comes, wants what comes after it.
    mutating func inspected(_ snapshot: TaskSnapshot) -> Step {
        self.snapshot = snapshot
        inspections += 1
        isAnew = false
        return .subscribe(start == .latest ? .after(snapshot.top) : start)
    }

    /// The subscription has opened: what follows is after `position`.
    mutating func opened(at position: Position) -> Step {
        guard let snapshot else { return .inspect }
        let top = snapshot.top
        let isOfThisLog = position.epoch == top.epoch || top == .origin && position.offset == 0
        if !isOfThisLog, inspections < Self.maximumInspections { return .inspect }
        guard isOfThisLog, position.offset > top.offset, !isAnew else { return .show(snapshot) }
        isAnew = true
        return .subscribe(.after(top))
    }
}
