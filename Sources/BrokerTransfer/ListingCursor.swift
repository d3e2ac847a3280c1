import BrokerCore

/// Goes through a store's channels in the byte order of their names, and holds no more of them than one page.
struct ListingCursor {
    private let store: any ChannelStore
    private var page: ArraySlice<ChannelSummary> = []
    private var last: ChannelName?
    private var isOver = false

    init(_ store: any ChannelStore) { self.store = store }

    /// The channel at which the cursor stands; `nil` behind the last.
    mutating func peek() async throws(BrokerError) -> ChannelSummary? {
        if page.isEmpty, !isOver {
            page = try await store.channels(after: last)[...]
            last = page.last?.channel
            isOver = page.isEmpty
        }
        return page.first
    }

    mutating func advance() { page = page.dropFirst() }
}
