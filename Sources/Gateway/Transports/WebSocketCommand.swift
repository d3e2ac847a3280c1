import BrokerCore
import HTTPTypes

/// What a client says over WebSocket: one JSON object a text message.
enum WebSocketCommand {
    case subscribe(ChannelName, since: Start?)
    case unsubscribe(ChannelName)
    case publish(Publication)
    case ping

    /// Reads a message.
    /// - Throws: ``Problem`` that says what was found and what is allowed.
    init(_ object: JSONObject) throws(Problem) {
        guard let type = object["type"] else {
            throw Problem(.badRequest, "invalid_field", "\"type\" is missing: \(Self.rule)")
        }
        do {
            switch try type.string() {
            case "subscribe":
                let since = try object.string("since")
                self = .subscribe(try Self.channel(object), since: try since.map { try Start(since: $0) })
            case "unsubscribe": self = .unsubscribe(try Self.channel(object))
            case "publish": self = .publish(try Publication(object, others: ["type", "id"]))
            case "ping": self = .ping
            case let other:
                throw Problem(.badRequest, "unknown_type", "\"\(other.prefix(64))\" is no type: \(Self.rule)")
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "invalid_field", "\(error)")
        }
    }

    private static let rule = "there are subscribe, unsubscribe, publish and ping"

    private static func channel(_ object: JSONObject) throws(Problem) -> ChannelName {
        do {
            guard let name = try object.string("channel") else {
                throw Problem(.badRequest, "invalid_channel", "\"channel\" is missing: \(ChannelName.rule)")
            }
            return try ChannelName(name)
        } catch let problem as Problem {
            throw problem
        } catch let error as InvalidName {
            throw Problem(error)
        } catch {
            throw Problem(.badRequest, "invalid_field", "\(error)")
        }
    }
}
