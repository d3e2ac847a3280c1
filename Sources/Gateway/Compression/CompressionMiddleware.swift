import HTTPTypes
import Hummingbird
import NIOCore

/// Answers that are text, JSON among them, leave as gzip for those who take it.
struct CompressionMiddleware: RouterMiddleware {
    /// An answer that is known to be smaller, in bytes, fits into one packet as it is.
    static let minimumBytes = 1 << 10
    /// Answers of a known length up to this, in bytes, are compressed before they are sent; others on their way.
    static let wholeBytes = 64 << 10

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if response.status == .notModified { return response.withTagOfAsked(request) }
        guard Self.isCompressible(response) else { return response }
        response.headers.addVary("Accept-Encoding")
        guard AcceptEncoding.prefersGzip(request.headers[.acceptEncoding]),
            response.body.contentLength.map({ $0 >= Self.minimumBytes }) ?? true
        else { return response }
        return try await response.compressed()
    }

    private static func isCompressible(_ response: Response) -> Bool {
        guard response.headers[.contentEncoding] == nil, response.status.kind != .informational,
            let type = response.headers[.contentType]?.split(separator: ";").first
        else { return false }
        return type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("xml")
    }
}

extension Response {
    /// The same answer as gzip. It is another representation, and so its tag is a weak one (RFC 9110 §8.8.1).
    fileprivate func compressed() async throws -> Response {
        var headers = headers
        headers[.contentLength] = nil
        headers[.contentEncoding] = "gzip"
        if let tag = headers[.eTag] { headers[.eTag] = tag.weak }
        let body = body
        guard let length = body.contentLength, length <= CompressionMiddleware.wholeBytes else {
            let streamed = ResponseBody { writer in try await body.write(GzipBody(writer)) }
            return Response(status: status, headers: headers, body: streamed)
        }
        let gathered = GatheredBody()
        try await body.write(GzipBody(gathered))
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: gathered.buffer))
    }

    /// Who asks whether a compressed answer has changed is told so of the very same.
    fileprivate func withTagOfAsked(_ request: Request) -> Response {
        var response = self
        response.headers.addVary("Accept-Encoding")
        if let tag = headers[.eTag], request.headers[.ifNoneMatch]?.contains(tag.weak) ?? false {
            response.headers[.eTag] = tag.weak
        }
        return response
    }
}

extension String {
    /// The entity tag as a weak one (RFC 9110 §8.8.3).
    fileprivate var weak: String { hasPrefix("W/") ? self : "W/\(self)" }
}

extension HTTPFields {
    /// Adds a name to what the answer depends on (RFC 9110 §12.5.5).
    mutating func addVary(_ name: String) {
        guard let known = self[.vary] else { return self[.vary] = name }
        let names = known.lowercased().split(separator: ",").map { $0.trimmed }
        if !names.contains("*"), !names.contains(name.lowercased()[...]) { self[.vary] = "\(known), \(name)" }
    }
}
