import HTTPTypes
import Hub
import Hummingbird
import Logging
import NIOCore

/// What every connection is served with.
struct EdgeServices: Sendable {
    let hub: Hub
    let streams: StreamOptions
    /// Plain streams leave NIO for a shard's own epoll.
    let takesSockets: Bool
    let counters: Counters
    let limits: TrafficLimits
    let logger: Logger
    let publish: PublishRoute
    let router: @Sendable (Request, GatewayContext) async throws -> Response

    /// The router's answer; a request that fails altogether is a 500. HEAD is answered as GET, and the body left out later.
    func respond(
        to request: Request, _ id: RequestID, from sender: RequestSender, _ channel: any Channel
    ) async -> Response {
        var logger = logger
        logger[metadataKey: "request"] = "\(id)"
        var context = GatewayContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        context.id = id
        context.sender = sender
        do {
            return try await router(request.method == .head ? request.asGet : request, context)
        } catch {
            var problem = Problem(.internalServerError, "internal", "the gateway could not answer this request")
            problem.name(id)
            counters.refusals.count(problem)
            return problem.response()
        }
    }
}

extension Request {
    fileprivate var asGet: Request {
        var head = head
        head.method = .get
        return Request(head: head, body: body)
    }
}
