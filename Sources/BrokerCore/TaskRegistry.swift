/// Which tasks there are, and when to look after each: what a broker keeps beside the channels for those who list tasks and for
/// those who watch over leases.
///
/// An entry is a hint: what a task is says its channel. So an entry may be late or of a channel that is gone; whoever uses it
/// looks at the channel, and corrects or removes it.
///
/// - **Recording** the same channel again replaces its state and when it is due; the time of the first stays, by which it is listed.
/// - **Claiming** is atomic: of all handles that ask at once, one gets each entry. An entry that nobody records again is due again
///   when the claim is over, so a claimant that dies loses nothing.
/// - All times are of the broker's clock.
package protocol TaskRegistry: Sendable {
    /// Adds or replaces entries; at most ``TaskEntry/maximumBatch`` of them, each channel once.
    func record(_ entries: [TaskEntry]) async throws(BrokerError)

    /// Removes entries; of those that there are not nothing is said.
    func remove(_ channels: [ChannelName]) async throws(BrokerError)

    /// The entries that are due, the longest due first, which nobody else then gets for as long as `claim`.
    func claimDue(limit: Int, for claim: Duration) async throws(BrokerError) -> DueTasks

    /// A page of entries, the newest first; those of one millisecond by falling names.
    func list(_ query: TaskEntryQuery) async throws(BrokerError) -> [ListedTask]
}

/// What is recorded of a task.
package struct TaskEntry: Hashable, Sendable {
    /// The most entries of one call.
    package static let maximumBatch = 512

    package var channel: ChannelName
    /// One word of 1 to 16 lower-case letters, by which lists choose.
    package var state: String
    /// From now until it is to be looked after; at least 0.
    package var due: Duration

    package init(channel: ChannelName, state: String, due: Duration) {
        self.channel = channel
        self.state = state
        self.due = due
    }
}

/// What a claim has brought.
package struct DueTasks: Hashable, Sendable {
    /// Milliseconds since 1970, by the broker's clock.
    package var now: Int64
    package var channels: [ChannelName]

    package init(now: Int64, channels: [ChannelName]) {
        self.now = now
        self.channels = channels
    }
}

/// One line of a list of tasks.
package struct ListedTask: Hashable, Sendable {
    package var channel: ChannelName
    package var state: String
    /// When it was first recorded: milliseconds since 1970.
    package var created: Int64

    package init(channel: ChannelName, state: String, created: Int64) {
        self.channel = channel
        self.state = state
        self.created = created
    }
}

/// An entry as it goes from one registry to another.
package struct TaskRecord: Hashable, Sendable {
    package var entry: TaskEntry
    /// When it was first recorded: milliseconds since 1970.
    package var created: Int64

    package init(entry: TaskEntry, created: Int64) {
        self.entry = entry
        self.created = created
    }
}

/// Which entries to list.
package struct TaskEntryQuery: Hashable, Sendable {
    /// The most entries that one page may have.
    package static let maximumLimit = 1000

    /// Entries of these states; empty: of all.
    package var states: Set<String>
    /// The last entry of the page before; the page begins with the next older one.
    package var after: ListedTask?
    package var limit: Int

    package init(states: Set<String> = [], after: ListedTask? = nil, limit: Int = TaskEntryQuery.maximumLimit) {
        self.states = states
        self.after = after
        self.limit = limit
    }
}
