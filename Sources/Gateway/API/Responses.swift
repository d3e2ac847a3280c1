import HTTPTypes
import Hub
import Hummingbird
import NIOCore

extension Response {
    static let jsonHeaders: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]

    /// A JSON object with the members that `content` writes.
    static func json(_ content: (inout ByteWriter) -> Void) -> Response {
        Response(status: .ok, headers: jsonHeaders, body: ResponseBody(byteBuffer: .json(content)))
    }

    static func text(_ content: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: content)))
    }
}

extension Problem: HTTPResponseError {
    func response(from _: Request, context _: some RequestContext) -> Response { response() }

    /// The problem as a JSON document and a line end.
    var document: ByteBuffer {
        var writer = ByteWriter()
        append(to: &writer)
        writer.append("\n")
        return ByteBuffer(writer.finish())
    }

    /// The headers that go with the document.
    var fields: HTTPFields {
        var fields: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        for field in headers { fields[field.name] = field.value }
        return fields
    }

    func response() -> Response {
        Response(status: status, headers: fields, body: ResponseBody(byteBuffer: document))
    }
}

extension ByteBuffer {
    /// A JSON object with the members that `content` writes, and a line end.
    static func json(_ content: (inout ByteWriter) -> Void) -> ByteBuffer {
        var writer = ByteWriter()
        writer.object(content)
        writer.append("\n")
        return ByteBuffer(writer.finish())
    }

    init(_ shared: SharedBytes) {
        self.init(bytes: shared.bytes)
    }
}
