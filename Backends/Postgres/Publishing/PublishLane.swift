import BrokerSupport

/// What waits on one channel, oldest first.
struct PublishLane {
    /// Where the channel is.
    enum Phase {
        /// Nothing waits.
        case atRest
        /// In the line of those that go promptly.
        case ready
        /// A call that carries it has no answer yet.
        case underWay
        /// In the line of those that another transaction holds.
        case busy
    }

    var phase = Phase.atRest
    /// What has been in a call without being published: it goes before what waits.
    private var held = FIFO<PublishEntry>()
    private var waiting = FIFO<PublishEntry>()

    var count: Int { held.count + waiting.count }
    var isEmpty: Bool { held.isEmpty && waiting.isEmpty }
    var first: PublishEntry? { held.first ?? waiting.first }

    mutating func append(_ entry: PublishEntry) { waiting.append(entry) }

    mutating func removeFirst() {
        if held.popFirst() == nil { _ = waiting.popFirst() }
    }

    /// Puts back what a call has not published.
    mutating func putBack(_ entries: [PublishEntry]) {
        var front = FIFO<PublishEntry>()
        for entry in entries { front.append(entry) }
        while let entry = held.popFirst() { front.append(entry) }
        held = front
    }

    /// Takes out what has waited since before `deadline`.
    mutating func takeOverdue(_ deadline: ContinuousClock.Instant) -> [PublishEntry] {
        var overdue: [PublishEntry] = []
        while let entry = first, entry.since <= deadline {
            removeFirst()
            overdue.append(entry)
        }
        return overdue
    }
}
