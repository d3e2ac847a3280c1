import Access

/// When a stream ends because its token does, by the clock of its shard; and what it counts as until then.
struct StreamExpiry: Sendable {
    /// Milliseconds since 1970; `nil`: never.
    private let expires: Int64?
    /// When the transport wants to be called, in the shard's seconds.
    private(set) var second = UInt32.max
    /// The stream is counted to the token's subject while this is kept.
    private let hold: Hold?

    init(_ identity: Identity?, hold: Hold? = nil) {
        expires = identity?.expires
        self.hold = hold
    }

    /// The stream begins at this second of the shard.
    mutating func begin(_ now: UInt32) {
        guard let expires else { return }
        let left = max(expires - WallClock.milliseconds, 0)
        second = now.addingReportingOverflow(UInt32(clamping: left / 1_000 + 1)).partialValue
    }

    func isOver(_ now: UInt32) -> Bool { now >= second }
}
