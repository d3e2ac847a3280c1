import HTTPTypes
import Hummingbird

/// One method of one path, and what answers it.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// A path of segments; `/**` at its end stands for everything below.
    let path: String
    /// The paths that this is for, where not all that ``path`` stands for has the method.
    let paths: [String]
    let handler: @Sendable (Request, GatewayContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, of paths: [String]? = nil,
        _ handler: @escaping @Sendable (Request, GatewayContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.paths = paths ?? [path]
        self.handler = handler
    }
}
