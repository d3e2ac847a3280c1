/// Leases as JSON has them: seconds, and milliseconds as their fraction.
extension Duration {
    /// `nil` for a text that is no number above 0 and at most the longest lease.
    init?(seconds text: String) {
        guard let seconds = Double(text), seconds > 0, seconds <= Double(TaskFields.leases.upperBound) else {
            return nil
        }
        self = .milliseconds(Int64((seconds * 1000).rounded(.up)))
    }

    var secondsText: String {
        let milliseconds = wholeMilliseconds
        return milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
    }

    /// At most a century, so that adding it to a time can't overflow.
    var wholeMilliseconds: Int64 {
        let century: Int64 = 100 * 366 * 86_400
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), century) * 1000 + max(attoseconds, 0) / 1_000_000_000_000_000
    }
}
