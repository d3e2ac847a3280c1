import HTTPTypes
import Hub
import Hummingbird
import NIOCore

extension Response {
    /// A JSON object with the members that `content` writes.
    static func json(_ content: (inout ByteWriter) -> Void) -> Response {
        var writer = ByteWriter()
        writer.object(content)
        writer.append("\n")
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(writer.finish())))
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

    func response() -> Response {
        var response = Response(
            status: status, headers: [.contentType: "application/problem+json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: document))
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}

extension ByteBuffer {
    init(_ shared: SharedBytes) {
        self.init(bytes: shared.bytes)
    }
}
