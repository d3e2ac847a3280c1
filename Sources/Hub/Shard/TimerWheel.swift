/// Which sessions are to be looked after in which second: 64 slots of a second each. A session that asks to be seen
/// earlier is put in once more, and what it had before counts for nothing when its second comes; nothing is moved.
struct TimerWheel {
    /// The farthest that a session can be put off, in seconds.
    static let span: UInt32 = 64

    private var slots: [[UInt64]] = Array(repeating: [], count: Int(span))
    private var done: UInt32

    init(now: UInt32) {
        done = now
    }

    /// Puts a session into the slot of a second to come, and says of which: the one that was asked for, or the nearest
    /// that there is.
    @discardableResult
    mutating func add(_ tag: UInt64, at second: UInt32) -> UInt32 {
        let second = min(max(second, done + 1), done + Self.span - 1)
        slots[Int(second % Self.span)].append(tag)
        return second
    }

    /// Those whose second has come.
    mutating func take(until now: UInt32) -> [UInt64] {
        var due: [UInt64] = []
        while done < now {
            done += 1
            due += slots[Int(done % Self.span)]
            slots[Int(done % Self.span)] = []
        }
        return due
    }
}
