import Access

/// When a stream ends because of what it was let in by: its token's time is over, by the clock of its shard, or that was taken
/// away, which is noticed with the stream's next sign of life. And what the stream counts as until then.
struct StreamExpiry: Sendable {
    /// Milliseconds since 1970; `nil`: never.
    private let expires: Int64?
    /// When the transport wants to be called, in the shard's seconds.
    private(set) var second = UInt32.max
    private let admission: Admission
    private let control: AccessControl?
    /// Where the end is counted; `nil`: who asks for it does so.
    private let refusals: Refusals?
    /// The stream is counted to the token's subject while this is kept.
    private let hold: Hold?

    /// - Parameters:
    ///   - identity: who reads; `nil`: nothing is protected.
    ///   - control: says what was taken away; `nil`: nothing can be.
    init(
        _ identity: Identity?, by control: AccessControl? = nil, countedIn refusals: Refusals? = nil, hold: Hold? = nil
    ) {
        expires = identity?.expires
        admission = Admission(identity)
        (self.control, self.refusals, self.hold) = (control, refusals, hold)
    }

    /// The stream begins at this second of the shard.
    mutating func begin(_ now: UInt32) {
        guard let expires else { return }
        let left = max(expires - WallClock.milliseconds, 0)
        second = now.addingReportingOverflow(UInt32(clamping: left / 1_000 + 1)).partialValue
    }

    /// What ends the stream now, for its reader to be told.
    func problem(_ now: UInt32) -> Problem? {
        let problem = now >= second ? .tokenExpired : control?.refusal(of: admission).map { Problem($0) }
        if let problem { refusals?.count(problem) }
        return problem
    }
}
