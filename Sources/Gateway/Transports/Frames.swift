import BrokerCore
import Hub
import Tasks

/// What the gateway says in frames, apart from messages: JSON objects, the same over WebSocket and over Server-Sent Events.
struct Frames: Sendable {
    let envelope: FrameEnvelope

    func open() -> SharedBytes {
        frame("open", nil) { $0.member("protocol", WebSocketUpgrade.subprotocol) }
    }

    func task(_ snapshot: TaskSnapshot, id: String?) -> SharedBytes {
        frame("task", id) { $0.member("task", verbatim: snapshot.json) }
    }

    /// - Parameter task: the task that the channel is followed as; `nil`: as none.
    func subscribed(_ opening: Opening, task: TaskID?, id: String?) -> SharedBytes {
        frame("subscribed", id) { writer in
            writer.member("channel", opening.channel.rawValue)
            if let task { writer.member("task", task.rawValue) }
            writer.member("offset", opening.answer.start.offset)
            writer.member("position", opening.answer.start.description)
            writer.members(of: opening.answer)
        }
    }

    func gap(_ gap: Gap, on channel: ChannelName) -> SharedBytes {
        frame("gap", nil) { writer in
            writer.member("channel", channel.rawValue)
            writer.members(of: gap)
        }
    }

    func end(_ channel: ChannelName, _ reason: EndReason) -> SharedBytes {
        frame("end", nil) { writer in
            writer.member("channel", channel.rawValue)
            writer.member("reason", reason.rawValue)
        }
    }

    func unsubscribed(_ channel: ChannelName, task: TaskID?, id: String?) -> SharedBytes {
        frame("unsubscribed", id) { writer in
            writer.member("channel", channel.rawValue)
            if let task { writer.member("task", task.rawValue) }
        }
    }

    func published(_ channel: ChannelName, _ receipt: Receipt, id: String?) -> SharedBytes {
        frame("published", id) { $0.members(of: receipt, on: channel) }
    }

    /// - Parameter expires: when the token does, in milliseconds since 1970; `nil`: never.
    func authenticated(_ type: String, expires: Int64?, id: String?) -> SharedBytes {
        frame(type, id) { writer in
            if let expires {
                writer.member("expires", timestamp: expires)
            } else {
                writer.member("expires", verbatim: "null")
            }
        }
    }

    func ping() -> SharedBytes {
        frame("ping", nil) { _ in }
    }

    func pong(id: String?) -> SharedBytes {
        frame("pong", id) { _ in }
    }

    func error(_ problem: Problem, id: String?) -> SharedBytes {
        frame("error", id) { problem.members(to: &$0) }
    }

    /// - Parameter id: the client's own name for its request, as it was written.
    private func frame(_ type: String, _ id: String?, _ members: (inout ByteWriter) -> Void) -> SharedBytes {
        var writer = ByteWriter()
        envelope.append(to: &writer) { writer in
            writer.member("type", type)
            if let id { writer.member("id", verbatim: id) }
            members(&writer)
        }
        return writer.finish()
    }
}
