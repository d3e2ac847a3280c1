import HTTPTypes
import Hub

/// The head of a response that goes on as a stream. What streams of a kind have in common is made once; what is particular to a
/// request (its id, CORS) is added by ``adding(_:)`` before the transport is made.
final class StreamHead: Sendable {
    /// How the stream behind a head is coded (RFC 9110 §8.4.1).
    enum Coding {
        case identity, gzip
    }

    private static let eventStream = StreamHead(.ok, endless("text/event-stream", .identity))
    private static let text = StreamHead(.ok, endless("text/plain; charset=utf-8", .identity))
    private static let gzipEventStream = StreamHead(.ok, endless("text/event-stream", .gzip), .gzip)
    private static let gzipText = StreamHead(.ok, endless("text/plain; charset=utf-8", .gzip), .gzip)

    static func eventStream(_ coding: Coding) -> StreamHead { coding == .gzip ? gzipEventStream : eventStream }
    static func text(_ coding: Coding) -> StreamHead { coding == .gzip ? gzipText : text }

    private let status: HTTPResponse.Status
    private let common: HTTPFields
    private let added: HTTPFields
    private let coding: Coding
    /// The status line and the common fields as HTTP/1.1 has them (RFC 9112 §2.1).
    private let lines: String

    convenience init(_ status: HTTPResponse.Status, _ fields: HTTPFields, _ coding: Coding = .identity) {
        let lines = "HTTP/1.1 \(status.code) \(status.reasonPhrase)" + fields.map(Self.line).joined()
        self.init(status, fields, [:], coding, lines)
    }

    private init(
        _ status: HTTPResponse.Status, _ common: HTTPFields, _ added: HTTPFields, _ coding: Coding, _ lines: String
    ) {
        (self.status, self.common, self.added, self.coding, self.lines) = (status, common, added, coding, lines)
    }

    /// Proxies are told to keep nothing back, and to leave the bytes as they are.
    private static func endless(_ contentType: String, _ coding: Coding) -> HTTPFields {
        var fields: HTTPFields = [
            .contentType: contentType, .cacheControl: "no-store, no-transform", .xAccelBuffering: "no",
            .xContentTypeOptions: "nosniff", .vary: "Accept-Encoding",
        ]
        if coding == .gzip { fields[.contentEncoding] = "gzip" }
        return fields
    }

    /// The same head with these fields behind its own.
    func adding(_ fields: HTTPFields) -> StreamHead { StreamHead(status, common, added + fields, coding, lines) }

    /// As HTTP/2 sends it.
    var response: HTTPResponse { HTTPResponse(status: status, headerFields: common + added) }

    /// The answer with which a browser's EventSource gives up (HTML standard §9.2.3), to the same request.
    var withoutContent: StreamHead {
        var fields = common
        for name in [HTTPField.Name.contentType, .cacheControl, .contentEncoding, .xAccelBuffering] {
            fields[name] = nil
        }
        return StreamHead(.noContent, fields).adding(added)
    }

    /// Sends it, before anything else of the stream, which is coded as it says from there on.
    func send(on session: Session) {
        if let sink = session.sink as? ChannelSink, sink.takesHeads {
            sink.write(head: response)
        } else {
            session.send(bytes)
        }
        if coding == .gzip { session.begin(GzipCoding()) }
    }

    /// The head as HTTP/1.1 has it. A stream ends with its connection, unless it is another protocol's.
    private var bytes: SharedBytes {
        var writer = ByteWriter()
        writer.append(lines)
        for field in added { writer.append(Self.line(field)) }
        writer.append(
            status == .switchingProtocols ? "\r\n\r\n" as StaticString : "\r\nConnection: close\r\n\r\n")
        return writer.finish()
    }

    private static func line(_ field: HTTPField) -> String { "\r\n\(field.name.rawName): \(field.value)" }
}

extension HTTPField.Name {
    fileprivate static let xAccelBuffering = Self("X-Accel-Buffering")!  // A constant that is a valid name.
}
