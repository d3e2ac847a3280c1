import BrokerCore

/// Goes through two stores' channels side by side.
struct Comparison {
    private var source: ListingCursor
    private var target: ListingCursor
    /// Channels that both have in the same state.
    private(set) var equal = 0
    /// Channels that only the target has.
    private(set) var targetOnly = NameList()

    init(source: any ChannelStore, target: any ChannelStore) {
        self.source = ListingCursor(source)
        self.target = ListingCursor(target)
    }

    /// The next channel of the source that the target has not in the same state; `nil` when there are no more.
    mutating func nextDifference() async throws(BrokerError) -> ChannelName? {
        while true {
            let (ours, theirs) = (try await source.peek(), try await target.peek())
            if let theirs, ours.map({ theirs.channel < $0.channel }) ?? true {
                targetOnly.note(theirs.channel)
                target.advance()
                continue
            }
            guard let ours else { return nil }
            source.advance()
            guard let theirs, theirs.channel == ours.channel else { return ours.channel }
            target.advance()
            guard theirs.epoch == ours.epoch, theirs.top == ours.top else { return ours.channel }
            equal += 1
        }
    }
}
