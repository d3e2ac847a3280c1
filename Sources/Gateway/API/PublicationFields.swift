import BrokerCore
import HTTPTypes
import JSONText

extension Publication {
    /// The names that a publication's JSON object may have.
    private static let keys = [
        "channel", "data", "event", "retain", "conflate", "expect", "fence", "close", "idempotency_key",
    ]

    /// The longest JSON object of a publication, in bytes: its data with every byte escaped (`\u0000`), and the other fields.
    static func longestObject(dataBytes: Int) -> Int { dataBytes * 6 + 4096 }

    /// Reads one publication from a JSON object, as a line of NDJSON or a WebSocket `publish` has it.
    /// - Parameter others: further keys that the object may have.
    /// - Throws: ``Problem`` that names the key, what was found and what is allowed.
    init(_ object: JSONObject, others: [String] = []) throws(Problem) {
        for member in object.members where !Self.keys.contains(member.key) && !others.contains(member.key) {
            throw Problem(
                .badRequest, "invalid_field",
                "\"\(member.key.prefix(64))\" is no field: there are \(Self.keys.joined(separator: ", "))")
        }
        guard let data = object["data"] else { throw Problem(.badRequest, "invalid_field", "\"data\" is missing") }
        do {
            guard let channel = try object.string("channel") else {
                throw Problem(.badRequest, "invalid_channel", "\"channel\" is missing: \(ChannelName.rule)")
            }
            self = try Publication(
                channel: ChannelName(channel),
                event: object.string("event").map { try EventName($0) } ?? .message,
                data: data.kind == .string ? data.string() : data.verbatim,
                format: data.kind == .string ? .text : .json,
                keeping: Keeping(
                    retain: object.string("retain").map { try RetainKey($0) },
                    conflate: object.bool("conflate") ?? false),
                expect: object.integer("expect", in: 0...Position.maximumOffset),
                fence: object.integer("fence", in: 0...Position.maximumOffset),
                closes: object.bool("close") ?? false,
                idempotencyKey: object.string("idempotency_key").map { try IdempotencyKey($0) })
        } catch let error as JSONMemberError {
            throw Problem(.badRequest, "invalid_field", "\(error)")
        } catch let error as InvalidName {
            throw Problem(error)
        } catch let error as Problem {
            throw error
        } catch {
            throw Problem(.badRequest, "invalid_field", "\(error)")
        }
    }
}

extension Keeping {
    /// - Throws: ``Problem`` for a conflated message without a retain key.
    init(retain: RetainKey?, conflate: Bool) throws(Problem) {
        switch (retain, conflate) {
        case (nil, false): self = .logged
        case (let key?, false): self = .loggedAndRetained(key)
        case (let key?, true): self = .conflated(key)
        case (nil, true):
            throw Problem(.badRequest, "invalid_conflate", "conflate keeps the newest of a key: it needs retain")
        }
    }
}
