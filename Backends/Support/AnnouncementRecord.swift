package import BrokerCore

extension Announcement {
    /// A record's letters: `t` text or `j` JSON, then `c` if conflated, then `x` if it closes the channel.
    package var flags: String {
        (message.format == .json ? "j" : "t") + (conflated ? "c" : "") + (closes ? "x" : "")
    }

    /// The text that ``Record`` reads.
    package var record: String {
        let key = message.retain?.rawValue ?? ""
        return "\(message.offset) \(message.time) \(flags) \(message.event) \(key) \(message.data.utf8.count)\n"
            + message.data
    }
}
