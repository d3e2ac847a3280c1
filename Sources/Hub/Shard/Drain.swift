/// The end of a shard's readers, spread evenly over a time so that they don't all come to another gateway at once: WebSocket
/// clients come back immediately, so that no moment may see more than its share.
struct Drain {
    /// The longest wait between two looks, in milliseconds.
    static let step: Int64 = 20

    private let begin: Int64
    private let duration: Int64
    private let tags: [UInt64]
    private var done = 0

    /// - Parameters:
    ///   - tags: the sessions that there are.
    ///   - begin: by the shard's clock, as `duration` in milliseconds.
    init(tags: [UInt64], begin: Int64, duration: Int64) {
        self.tags = tags
        self.begin = begin
        self.duration = duration
    }

    /// All have had their turn.
    var isOver: Bool { done == tags.count }

    /// Those whose turn has come since this was last asked.
    mutating func due(now: Int64) -> ArraySlice<UInt64> {
        let elapsed = max(now - begin, 0)
        let share = elapsed >= duration ? 1 : Double(elapsed) / Double(duration)
        let goal = Int(Double(tags.count) * share)
        defer { done = max(done, goal) }
        return tags[done..<max(done, goal)]
    }
}
