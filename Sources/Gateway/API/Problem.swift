import BrokerCore
import HTTPTypes
import Hub
import JSONText

/// What went wrong, as RFC 9457 has it: a status, a stable code, and a sentence that says what was found and what is allowed.
struct Problem: Error, Sendable {
    enum Value: Hashable, Sendable {
        case number(UInt64)
        case text(String)
        /// A JSON value, as it is.
        case json(String)
    }

    /// When to try again what the broker had no answer to, in seconds.
    private static let retrySeconds: UInt64 = 1

    let status: HTTPResponse.Status
    let code: String
    let detail: String
    /// Values that go with the code: the current offset of a `conflict`, say.
    var values: [(name: StaticString, value: Value)] = []
    /// Headers that go with the status: when to try again, say.
    var headers = HTTPFields()

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    init(_ error: InvalidName) {
        let code =
            switch error.kind {
            case .channel: "invalid_channel"
            case .event: "invalid_event"
            case .retain: "invalid_retain"
            case .idempotencyKey: "invalid_idempotency_key"
            case .position: "invalid_position"
            }
        self.init(.badRequest, code, "\(error)")
    }

    init(_ error: BrokerError) {
        switch error {
        case .conflict(let current):
            self.init(.conflict, error.code, "the retained message has offset \(current), not the expected one")
            values = [("current", .number(current))]
        case .fenced(let highest):
            self.init(.conflict, error.code, "a producer with fence \(highest) has taken over")
            values = [("highest", .number(highest))]
        case .closed(let top):
            self.init(.conflict, error.code, "the channel was closed by the message at offset \(top)")
            values = [("top", .number(top))]
        case .tooLarge(let bytes, let limit):
            self.init(.contentTooLarge, error.code, "the data is \(bytes) bytes; limits.message_bytes allows \(limit)")
        case .expectWithoutKey:
            self.init(.badRequest, error.code, "expect compares a retained message: it needs retain")
        case .unavailable(let reason):
            self.init(
                .serviceUnavailable, error.code, "the broker is not available: \(BrokerReason.withoutEndpoints(reason))"
            )
            retryLater()
        }
    }

    mutating func retryLater() { retry(after: Self.retrySeconds) }

    /// Says when to try again.
    mutating func retry(after seconds: UInt64) {
        headers[.retryAfter] = "\(seconds)"
        values.append(("retry_after", .number(seconds)))
    }

    static func invalidJSON(_ error: JSONError) -> Problem {
        if error.reason == .invalidUTF8 { return invalidUTF8(at: error.offset) }
        return Problem(.badRequest, "invalid_json", "\(error)")
    }

    static func invalidUTF8(at offset: Int) -> Problem {
        Problem(.badRequest, "invalid_utf8", "the data is no UTF-8 at byte \(offset)")
    }

    static func invalidQuery(_ key: String, _ found: some StringProtocol, _ allowed: String) -> Problem {
        Problem(.badRequest, "invalid_query", "\(key)=\(found.prefix(64)) is not allowed: \(key) may be \(allowed)")
    }

    /// - Parameter allowed: the methods that the path has, as `Allow` has them.
    static func methodNotAllowed(_ method: String, allowed: String) -> Problem {
        var problem = Problem(
            .methodNotAllowed, "method_not_allowed", "this path has no \(method.prefix(32)): it has \(allowed)")
        problem.headers[.allow] = allowed
        return problem
    }

    static func tooLarge(limit: Int) -> Problem {
        Problem(
            .contentTooLarge, "message_too_large", "the data is longer than the \(limit) bytes of limits.message_bytes")
    }

    /// What went wrong here, and not with the request, is looked up by the request's id.
    mutating func name(_ id: RequestID) {
        if status.kind == .serverError { values.append(("request_id", .text(id.description))) }
    }

    /// The whole as a JSON object (RFC 9457 §3).
    func append(to writer: inout ByteWriter) {
        writer.object { writer in
            writer.member("type", "about:blank")
            writer.member("title", status.reasonPhrase)
            writer.member("status", UInt64(status.code))
            members(to: &writer)
        }
    }

    /// The code, the detail and the values.
    func members(to writer: inout ByteWriter) {
        writer.member("code", code)
        writer.member("detail", detail)
        for (name, value) in values {
            switch value {
            case .number(let number): writer.member(name, number)
            case .text(let text): writer.member(name, text)
            case .json(let json): writer.member(name, verbatim: json)
            }
        }
    }
}
