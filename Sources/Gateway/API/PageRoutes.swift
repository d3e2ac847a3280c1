import HTTPTypes
import Hummingbird
import NIOCore

/// The page for a person, at `/`, and what belongs to it: files in the binary.
enum PageRoutes {
    /// Nothing but the gateway's own scripts, styles and streams.
    private static let policy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

    static let all = PageFile.all.map { file in
        // Pages of any origin may load the client and the element: they are the same for everybody.
        let headers: HTTPFields = [
            .contentType: file.type, .cacheControl: "no-cache", .eTag: file.tag, .contentSecurityPolicy: policy,
            .accessControlAllowOrigin: "*",
        ]
        return Route(.get, file.path) { request, _ in
            if ETagCondition(request.headers[.ifNoneMatch]).matches(tag: file.tag) {
                return Response(status: .notModified, headers: headers)
            }
            return Response(
                status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.content)))
        }
    }
}
