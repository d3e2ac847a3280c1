import BrokerCore
import Hub

/// What the API and every transport say of messages, positions and gaps, in the same words.
extension ByteWriter {
    mutating func members(of message: Message) {
        member("channel", message.channel.rawValue)
        member("epoch", message.epoch.rawValue)
        member("offset", message.offset)
        member("event", message.event.rawValue)
        switch message.format {
        case .text: member("data", message.data)
        case .json: member("data", verbatim: message.data)
        }
        member("time", timestamp: message.time)
        if let key = message.retain { member("retain", key.rawValue) }
    }

    mutating func members(of gap: Gap) {
        member("asked", gap.asked.description)
        member("have_from", gap.haveFrom)
        member("epoch", gap.epoch.rawValue)
        member("reason", gap.reason.rawValue)
    }

    mutating func members(of receipt: Receipt, on channel: ChannelName) {
        member("channel", channel.rawValue)
        member("epoch", receipt.position.epoch.rawValue)
        member("offset", receipt.position.offset)
        if receipt.duplicate { member("duplicate", true) }
    }
}

extension ByteWriter {
    /// What a reader is told first of a channel.
    mutating func members(of answer: Answer) {
        member("epoch", answer.epoch.rawValue)
        member("top", answer.top)
        member("complete", answer.gap == nil)
        member("closed", answer.closed)
    }
}
