import BrokerCore
import HTTPTypes
import JSONText
import Tasks

/// What a client says over WebSocket: one JSON object a text message.
enum WebSocketCommand {
    case subscribe(StreamSubject, since: Start?)
    case unsubscribe(StreamSubject)
    case publish(Publication)
    case ping
    /// The token that the request did not bring, and one for the one that is about to expire.
    case auth(token: String)
    case refresh(token: String)

    /// Reads a message.
    /// - Parameter namespace: that of tasks.
    /// - Throws: ``Problem`` that says what was found and what is allowed.
    init(_ object: JSONObject, tasks namespace: TaskNamespace) throws(Problem) {
        guard let type = object["type"] else {
            throw Problem(.badRequest, "invalid_field", "\"type\" is missing: \(Self.rule)")
        }
        do {
            switch try type.string() {
            case "subscribe":
                let since = try object.string("since")
                self = .subscribe(
                    try Self.subject(object, namespace), since: try since.map { try Start(since: $0) })
            case "unsubscribe": self = .unsubscribe(try Self.subject(object, namespace))
            case "publish": self = .publish(try Publication(object, others: ["type", "id"]))
            case "ping": self = .ping
            case "auth": self = .auth(token: try Self.token(object))
            case "refresh": self = .refresh(token: try Self.token(object))
            case let other:
                throw Problem(.badRequest, "unknown_type", "\"\(other.prefix(64))\" is no type: \(Self.rule)")
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "invalid_field", "\(error)")
        }
    }

    private static let rule = "there are subscribe, unsubscribe, publish, ping, auth and refresh"

    private static func token(_ object: JSONObject) throws -> String {
        guard let token = try object.string("token"), !token.isEmpty else {
            throw Problem(.badRequest, "invalid_field", "\"token\" is missing: an access token, as text")
        }
        return token
    }

    private static func subject(
        _ object: JSONObject, _ namespace: TaskNamespace
    ) throws(Problem) -> StreamSubject {
        do {
            switch (try object.string("channel"), try object.string("task")) {
            case (let name?, nil): return .channel(try ChannelName(name))
            case (nil, let id?): return .task(try namespace.task(id))
            case (nil, nil):
                throw Problem(.badRequest, "invalid_channel", "\"channel\" is missing: \(ChannelName.rule)")
            case (_?, _?):
                throw Problem(.badRequest, "invalid_field", "\"channel\" and \"task\" name one thing each: send two")
            }
        } catch let problem as Problem {
            throw problem
        } catch let error as InvalidName {
            throw Problem(error)
        } catch {
            throw Problem(.badRequest, "invalid_field", "\(error)")
        }
    }
}
