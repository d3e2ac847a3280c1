import BrokerCore
import Hub

/// What the gateway says over WebSocket, apart from messages: JSON objects in text frames.
enum WebSocketReply {
    static func text(_ content: (inout ByteWriter) -> Void) -> SharedBytes {
        var writer = ByteWriter()
        writer.appendTextFrame(content)
        return writer.finish()
    }

    static func open() -> SharedBytes { text { $0.append("{\"type\":\"open\",\"protocol\":\"telltale.v1\"}") } }

    static func subscribed(_ opening: Opening, id: String?) -> SharedBytes {
        let answer = opening.answer
        return text { writer in
            begin("subscribed", id, opening.channel, &writer)
            writer.append(",\"epoch\":\"")
            writer.append(answer.epoch.rawValue)
            writer.append("\",\"offset\":")
            writer.append(answer.start.offset)
            writer.append(",\"position\":\"")
            writer.append(answer.start.description)
            writer.append("\",\"top\":")
            writer.append(answer.top)
            writer.append(",\"complete\":")
            writer.append(opening.isComplete)
            writer.append(",\"closed\":")
            writer.append(answer.closed)
            writer.append("}")
        }
    }

    static func gap(_ gap: Gap, on channel: ChannelName) -> SharedBytes {
        text { writer in
            begin("gap", nil, channel, &writer)
            writer.append(",")
            writer.appendMembers(of: gap)
            writer.append("}")
        }
    }

    static func end(_ channel: ChannelName, _ reason: EndReason) -> SharedBytes {
        text { writer in
            begin("end", nil, channel, &writer)
            writer.append(",\"reason\":\"")
            writer.append(reason.rawValue)
            writer.append("\"}")
        }
    }

    static func unsubscribed(_ channel: ChannelName, id: String?) -> SharedBytes {
        text { writer in
            begin("unsubscribed", id, channel, &writer)
            writer.append("}")
        }
    }

    static func published(_ channel: ChannelName, _ receipt: Receipt, id: String?) -> SharedBytes {
        text { writer in
            begin("published", id, channel, &writer)
            writer.appendMembers(of: receipt)
            writer.append("}")
        }
    }

    static func pong(id: String?) -> SharedBytes {
        text { writer in
            begin("pong", id, nil, &writer)
            writer.append("}")
        }
    }

    static func error(_ problem: Problem, id: String?) -> SharedBytes {
        text { writer in
            begin("error", id, nil, &writer)
            writer.append(",")
            problem.appendMembers(to: &writer)
            writer.append("}")
        }
    }

    private static func begin(
        _ type: StaticString, _ id: String?, _ channel: ChannelName?, _ writer: inout ByteWriter
    ) {
        writer.append("{\"type\":\"")
        writer.append(type)
        writer.append("\"")
        if let id {
            writer.append(",\"id\":")
            writer.append(id)
        }
        if let channel {
            writer.append(",\"channel\":\"")
            writer.append(channel.rawValue)
            writer.append("\"")
        }
    }
}

extension ByteWriter {
    /// Appends `,"epoch":…,"offset":…` and, for a repetition, `,"duplicate":true`.
    mutating func appendMembers(of receipt: Receipt) {
        append(",\"epoch\":\"")
        append(receipt.position.epoch.rawValue)
        append("\",\"offset\":")
        append(receipt.position.offset)
        if receipt.duplicate { append(",\"duplicate\":true") }
    }
}
