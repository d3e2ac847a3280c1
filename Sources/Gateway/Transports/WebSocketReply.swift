import BrokerCore
import Hub

/// What the gateway says over WebSocket, apart from messages: JSON objects in text frames.
enum WebSocketReply {
    static func open() -> SharedBytes {
        frame("open", nil) { $0.member("protocol", WebSocketUpgrade.subprotocol) }
    }

    static func subscribed(_ opening: Opening, id: String?) -> SharedBytes {
        frame("subscribed", id) { writer in
            writer.member("channel", opening.channel.rawValue)
            writer.member("offset", opening.answer.start.offset)
            writer.member("position", opening.answer.start.description)
            writer.members(of: opening.answer)
        }
    }

    static func gap(_ gap: Gap, on channel: ChannelName) -> SharedBytes {
        frame("gap", nil) { writer in
            writer.member("channel", channel.rawValue)
            writer.members(of: gap)
        }
    }

    static func end(_ channel: ChannelName, _ reason: EndReason) -> SharedBytes {
        frame("end", nil) { writer in
            writer.member("channel", channel.rawValue)
            writer.member("reason", reason.rawValue)
        }
    }

    static func unsubscribed(_ channel: ChannelName, id: String?) -> SharedBytes {
        frame("unsubscribed", id) { $0.member("channel", channel.rawValue) }
    }

    static func published(_ channel: ChannelName, _ receipt: Receipt, id: String?) -> SharedBytes {
        frame("published", id) { $0.members(of: receipt, on: channel) }
    }

    static func pong(id: String?) -> SharedBytes {
        frame("pong", id) { _ in }
    }

    static func error(_ problem: Problem, id: String?) -> SharedBytes {
        frame("error", id) { problem.members(to: &$0) }
    }

    /// - Parameter id: the client's own name for its request, as it was written.
    private static func frame(
        _ type: String, _ id: String?, _ members: (inout ByteWriter) -> Void
    ) -> SharedBytes {
        var writer = ByteWriter()
        writer.appendTextFrame { writer in
            writer.object { writer in
                writer.member("type", type)
                if let id { writer.member("id", verbatim: id) }
                members(&writer)
            }
        }
        return writer.finish()
    }
}
