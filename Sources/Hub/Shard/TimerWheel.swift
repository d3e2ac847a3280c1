/// Which sessions are to be looked after in which second: 64 slots of a second each. A session stands in it once, or
/// once more when it asks to be seen earlier; nothing is moved when it is written to.
struct TimerWheel {
    /// The farthest that a session can be put off, in seconds.
    static let span: UInt32 = 64

    private var slots: [[UInt64]] = Array(repeating: [], count: Int(span))
    private var done: UInt32

    init(now: UInt32) {
        done = now
    }

    /// Puts a session into the slot of a second to come.
    mutating func add(_ tag: UInt64, at second: UInt32) {
        let second = min(max(second, done + 1), done + Self.span - 1)
        slots[Int(second % Self.span)].append(tag)
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
