package import BrokerCore

extension Announcement {
    /// The letters of its record.
    package var flags: String { letters(message.format, conflated: conflated, closes: closes) }

    /// The text that ``Record`` reads.
    package var record: String {
        let key = message.retain?.rawValue ?? ""
        return "\(message.offset) \(message.time) \(flags) \(message.event) \(key) \(message.data.utf8.count)\n"
            + message.data
    }
}

extension Publication {
    /// The letters of its record.
    package var flags: String { letters(format, conflated: keeping.isConflated, closes: closes) }
}

/// `t` text or `j` JSON, then `c` if conflated, then `x` if it closes the channel.
private func letters(_ format: DataFormat, conflated: Bool, closes: Bool) -> String {
    switch (format, conflated, closes) {
    case (.text, false, false): "t"
    case (.json, false, false): "j"
    default: (format == .json ? "j" : "t") + (conflated ? "c" : "") + (closes ? "x" : "")
    }
}
