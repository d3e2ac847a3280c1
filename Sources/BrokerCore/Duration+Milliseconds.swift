/// A duration in the unit of brokers' clocks.
extension Duration {
    /// Whole milliseconds, at most a century, so that adding them to a time can't overflow; nothing below 0.
    package var wholeMilliseconds: Int64 {
        let century: Int64 = 100 * 366 * 86_400
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), century) * 1000 + max(attoseconds, 0) / 1_000_000_000_000_000
    }
}
