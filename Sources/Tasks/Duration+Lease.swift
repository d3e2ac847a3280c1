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

    var secondsText: String {
        let milliseconds = wholeMilliseconds
        return milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
    }
}
