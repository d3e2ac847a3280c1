package import BrokerCore
package import Hub

extension ByteWriter {
    /// Appends a JSON string literal.
    package mutating func appendJSON(_ text: String) {
        var text = text
        text.withUTF8 { JSONWriter.emitString(UnsafeRawBufferPointer($0)) { append($0) } }
    }

    /// Appends what a message holds, without the braces: `"channel":…,"epoch":…` up to its end.
    package mutating func appendMembers(of message: Message) {
        append("\"channel\":\"")
        append(message.channel.rawValue)
        append("\",\"epoch\":\"")
        append(message.epoch.rawValue)
        append("\",\"offset\":")
        append(message.offset)
        append(",\"event\":\"")
        append(message.event.rawValue)
        append("\",\"data\":")
        switch message.format {
        case .text: appendJSON(message.data)
        case .json: append(message.data)
        }
        append(",\"time\":\"")
        append(timestamp: message.time)
        append("\"")
        guard let key = message.retain else { return }
        append(",\"retain\":\"")
        append(key.rawValue)
        append("\"")
    }

    /// Appends `"asked":…,"have_from":…,"epoch":…,"reason":…`.
    package mutating func appendMembers(of gap: Gap) {
        append("\"asked\":\"")
        append(gap.asked.description)
        append("\",\"have_from\":")
        append(gap.haveFrom)
        append(",\"epoch\":\"")
        append(gap.epoch.rawValue)
        append("\",\"reason\":\"")
        append(gap.reason.rawValue)
        append("\"")
    }

    package mutating func append(_ flag: Bool) {
        append(flag ? "true" as StaticString : "false")
    }
}
