import BrokerCore

/// Leases as JSON has them: seconds, and milliseconds as their fraction.
extension Duration {
    /// `nil` for a text that is no number above 0 and at most the longest lease.
    init?(seconds text: String) {
        guard let seconds = Double(text), seconds > 0, seconds <= Double(TaskFields.leases.upperBound) else {
            return nil
        }
        self = .milliseconds(Int64((seconds * 1000).rounded(.up)))
    }

    /// How old the last renewal of this lease is when another is worth it: a quarter of it, so that some may fail.
    package var renewalInterval: Duration { self / 4 }

    var secondsText: String {
        let milliseconds = wholeMilliseconds
        return milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
    }
}
