/// Where a broker keeps its channels, as `telltale copy` reads and writes them: whole, with their epochs and offsets.
///
/// It changes no settings of the broker, hears no announcements, and may be open beside gateways in use.
package protocol ChannelStore: Sendable {
    /// Gives an offset to what is acknowledged and has none yet, so that it is in its channel. For brokers that have such.
    func settle() async throws(BrokerError)

    /// The channels whose names come after `name`, from the first, in the byte order of their names: as many as the
    /// broker likes to give at once; none when there are no more.
    func channels(after name: ChannelName?) async throws(BrokerError) -> [ChannelSummary]

    /// What the channel holds from a place on, read in one step with its head; `nil` if there is no such channel.
    ///
    /// Whatever changes a channel moves its top, so pages whose heads have the same ``ChannelHead/position`` are of one
    /// consistent view. No one waits for it.
    /// - Parameter bytes: where the page ends: about so many, but at least one item.
    func export(_ channel: ChannelName, from place: TransferPlace, bytes: Int) async throws(BrokerError)
        -> TransferPage?

    /// Begins to write a channel that nobody sees before it is whole.
    func restoration(of channel: ChannelName) async throws(BrokerError) -> any ChannelRestoration

    /// A page of the registry of tasks, in an order of the broker's own: what comes after `record`, from the first; none
    /// when there are no more. What is recorded meanwhile may be missing, or come twice.
    func tasks(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord]

    /// Writes entries of another registry, at most ``TaskEntry/maximumBatch`` of them, each channel once, with the times at
    /// which they were first recorded. Of an entry that is there in the same state, the later due counts: its worker may
    /// have been heard from here.
    func restore(_ tasks: [TaskRecord]) async throws(BrokerError)

    /// Leaves the broker. The store is of no more use.
    func close() async
}

extension ChannelStore {
    package func settle() async throws(BrokerError) {}

    package func close() async {}

    /// The channel's head; `nil` if there is no such channel.
    package func head(of channel: ChannelName) async throws(BrokerError) -> ChannelHead? {
        try await export(channel, from: .end, bytes: 0)?.head
    }
}

/// A channel that is being written, out of everyone's sight. One caller at a time. What is neither committed nor abandoned,
/// because the process was killed, goes by itself, in ten minutes or with the process.
package protocol ChannelRestoration: Sendable {
    /// Adds what comes next: items in the order in which an export gives them.
    func add(_ items: [TransferItem]) async throws(BrokerError)

    /// Makes what was added the channel, in one step, if the channel is where the caller saw it: at `replaced`, or absent
    /// for `nil`. Nothing is trimmed: the next publication does that, by the policy of its broker. Readers who have the
    /// channel attached get its newest message, which makes them look for what they have not seen.
    /// - Parameter head: the channel as it was exported. What it becomes here is ``ChannelHead/copied`` up to its top.
    /// - Returns: `false` if the channel was elsewhere; then nothing has changed.
    func commit(_ head: ChannelHead, replacing replaced: Position?) async throws(BrokerError) -> Bool

    /// Removes what was added. After ``commit(_:replacing:)`` has returned `true` it does nothing.
    func abandon() async
}
