import HTTPTypes
import Hummingbird
import NIOCore

/// The page for a person, at `/`, and what belongs to it: files in the binary.
enum PageRoutes {
    /// Nothing but the gateway's own scripts, styles and streams.
    private static let policy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

    static let all = PageFile.all.map { file in
        Route(.get, file.path) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: file.type, .cacheControl: "no-cache", .contentSecurityPolicy: policy],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.content)))
        }
    }
}
