import BrokerCore

/// Says what a broker answered in words that are the same for every broker: epochs are `e1`, `e2` … in the order in which
/// a channel showed them, names are without the run's prefix, and times are left out.
struct Trace {
    private let prefix: String
    private var epochs: [ChannelName: [Epoch]] = [:]

    init(prefix: String) {
        self.prefix = prefix
    }

    /// The epoch that the channel had so many lives ago, as far as it has been seen.
    func epoch(of channel: ChannelName, livesAgo: Int) -> Epoch? {
        guard let seen = epochs[channel], livesAgo < seen.count else { return nil }
        return seen[seen.count - 1 - livesAgo]
    }

    mutating func name(of epoch: Epoch, on channel: ChannelName) -> String {
        if epoch == .none { return "0" }
        if let index = epochs[channel]?.firstIndex(of: epoch) { return "e\(index + 1)" }
        epochs[channel, default: []].append(epoch)
        return "e\(epochs[channel]?.count ?? 1)"
    }

    mutating func line(of answer: Result<Receipt, BrokerError>, on channel: ChannelName) -> String {
        switch answer {
        case .success(let receipt):
            "published \(place(receipt.position, on: channel))\(receipt.duplicate ? ", a duplicate" : "")"
        case .failure(let refusal): "refused \(label(channel)): \(refusal)"
        }
    }

    mutating func line(of announcement: Announcement) -> String {
        let marks = (announcement.conflated ? ", conflated" : "") + (announcement.closes ? ", the last" : "")
        return "announced \(line(of: announcement.message))\(marks)"
    }

    mutating func lines(of recovery: Recovery, on channel: ChannelName) -> [String] {
        let epoch = name(of: recovery.epoch, on: channel)
        var text = "recovered \(label(channel)) \(epoch), top \(recovery.top), trimmed \(recovery.trimmed)"
        text +=
            ", closed \(recovery.closed), reaches top \(recovery.reachesTop), start \(place(recovery.start, on: channel))"
        if let gap = recovery.gap {
            let asked = place(gap.asked, on: channel)
            text += ", gap \(gap.reason): asked \(asked), have \(name(of: gap.epoch, on: channel)) from \(gap.haveFrom)"
        }
        return [text] + recovery.messages.map { line(of: $0) }
    }

    mutating func lines(of status: ChannelStatus?) -> [String] {
        guard let status else { return ["no channel"] }
        let fence = status.fence.map { "\($0)" } ?? "none"
        let text = "status \(label(status.channel)) \(name(of: status.epoch, on: status.channel)), top \(status.top)"
        return ["\(text), trimmed \(status.trimmed), closed \(status.closed), fence \(fence)"]
            + status.retained.map { line(of: $0) }
    }

    mutating func line(of summary: ChannelSummary) -> String {
        let epoch = name(of: summary.epoch, on: summary.channel)
        return "listed \(label(summary.channel)) \(epoch), top \(summary.top), closed \(summary.closed)"
    }

    private mutating func line(of message: Message) -> String {
        let data = "\(message.data.utf8.count) bytes, sum \(Self.checksum(of: message.data))"
        let retain = message.retain.map { ", retain \($0)" } ?? ""
        return "\(place(message.position, on: message.channel)) \(message.event) \(message.format): \(data)\(retain)"
    }

    private mutating func place(_ position: Position, on channel: ChannelName) -> String {
        "\(label(channel)) \(name(of: position.epoch, on: channel)):\(position.offset)"
    }

    private func label(_ channel: ChannelName) -> Substring {
        channel.rawValue.hasPrefix(prefix) ? channel.rawValue.dropFirst(prefix.count) : channel.rawValue[...]
    }

    /// FNV-1a, 64 bits.
    private static func checksum(of text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
