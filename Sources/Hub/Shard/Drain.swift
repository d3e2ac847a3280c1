/// The end of a shard's readers, spread over some seconds so that they don't all come to another gateway at once.
struct Drain {
    let begin: UInt32
    let seconds: UInt32

    init(begin: UInt32, seconds: UInt32) {
        self.begin = begin
        self.seconds = seconds
    }

    /// How many of the `count` sessions that are left are to go now.
    func share(of count: Int, now: UInt32) -> Int {
        let left = Int(begin) + Int(seconds) - Int(now)
        return left <= 1 ? count : (count + left - 1) / left
    }
}
