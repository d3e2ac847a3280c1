import HTTPTypes
import Hummingbird

/// One method of one path, and what answers it.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// A path of segments; `/**` at its end stands for everything below.
    let path: String
    let handler: @Sendable (Request, GatewayContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String,
        _ handler: @escaping @Sendable (Request, GatewayContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.handler = handler
    }
}
