import HTTPTypes
import Hub

/// The head of a response that goes on as a stream. It is made once and shared by all streams whose heads are alike, its bytes
/// included.
///
/// What is particular to a request (CORS, a content coding) is added by ``adding(_:)`` before the transport is made.
final class StreamHead: Sendable {
    /// How the stream behind a head is coded (RFC 9110 §8.4.1).
    enum Coding {
        case identity, gzip
    }

    private static let eventStream = StreamHead(.ok, endless(contentType: "text/event-stream"))
    private static let text = StreamHead(.ok, endless(contentType: "text/plain; charset=utf-8"))
    private static let gzipEventStream = eventStream.adding([.contentEncoding: "gzip"])
    private static let gzipText = text.adding([.contentEncoding: "gzip"])

    static func eventStream(_ coding: Coding) -> StreamHead { coding == .gzip ? gzipEventStream : eventStream }
    static func text(_ coding: Coding) -> StreamHead { coding == .gzip ? gzipText : text }

    let response: HTTPResponse
    private let coding: Coding
    /// The head as HTTP/1.1 has it (RFC 9112 §2.1).
    private let bytes: SharedBytes

    init(_ status: HTTPResponse.Status, _ fields: HTTPFields) {
        response = HTTPResponse(status: status, headerFields: fields)
        coding = fields[.contentEncoding] == "gzip" ? .gzip : .identity
        bytes = Self.bytes(response)
    }

    /// Proxies are told to keep nothing back, and to leave the bytes as they are.
    private static func endless(contentType: String) -> HTTPFields {
        [
            .contentType: contentType, .cacheControl: "no-store, no-transform", .xAccelBuffering: "no",
            .xContentTypeOptions: "nosniff", .vary: "Accept-Encoding",
        ]
    }

    /// The same head with these fields too; each replaces one of its name, but for `Vary`, which names more.
    func adding(_ fields: HTTPFields) -> StreamHead {
        guard !fields.isEmpty else { return self }
        var all = response.headerFields
        for field in fields where field.name != .vary { all[field.name] = nil }
        all.append(contentsOf: fields)
        return StreamHead(response.status, all)
    }

    /// The answer with which a browser's EventSource gives up (HTML standard §9.2.3), to the same request.
    var withoutContent: StreamHead {
        var fields = response.headerFields
        for name in [HTTPField.Name.contentType, .cacheControl, .contentEncoding, .xAccelBuffering] {
            fields[name] = nil
        }
        return StreamHead(.noContent, fields)
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

    /// A stream ends with its connection, unless it is another protocol's.
    private static func bytes(_ response: HTTPResponse) -> SharedBytes {
        var writer = ByteWriter()
        writer.append("HTTP/1.1 ")
        writer.append(String(response.status.code))
        writer.append(" ")
        writer.append(response.status.reasonPhrase)
        for field in response.headerFields {
            writer.append("\r\n")
            writer.append(field.name.rawName)
            writer.append(": ")
            writer.append(field.value)
        }
        writer.append(
            response.status == .switchingProtocols ? "\r\n\r\n" as StaticString : "\r\nConnection: close\r\n\r\n")
        return writer.finish()
    }
}

extension HTTPField.Name {
    fileprivate static let xAccelBuffering = Self("X-Accel-Buffering")!  // A constant that is a valid name.
}
