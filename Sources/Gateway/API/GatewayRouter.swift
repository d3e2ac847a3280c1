import HTTPTypes
import Hummingbird

/// Every request that is no stream.
enum GatewayRouter {
    static func make(_ services: Services) -> some HTTPResponder<GatewayContext> {
        let routes = routes(services)
        var methods = PathMethods()
        for path in StreamRequest.paths { methods.add([.get], to: path) }
        for route in routes { methods.add(route.method == .get ? [.get, .head] : [route.method], to: route.path) }
        let router = Router(context: GatewayContext.self)
        router.add(middleware: ProblemMiddleware(methods: methods))
        for route in routes { router.on(RouterPath(route.path), method: route.method, use: route.handler) }
        return router.buildResponder()
    }

    private static func routes(_ services: Services) -> [Route] {
        let publish = PublishRoute(services: services)
        let read = ReadRoute(services: services)
        let channels = ChannelRoutes(services: services)
        let operations = OperationsRoutes(services: services)
        return [
            Route(.post, "/v1/publish", NDJSONRoute(services: services).publish),
            Route(.get, "/v1/channels", channels.list),
            // A channel's name may have slashes: the route takes all that follows.
            Route(.post, "/v1/channels", publish.publish),
            Route(.delete, "/v1/channels", channels.delete),
            Route(.post, "/v1/channels/**", publish.publish),
            Route(.put, "/v1/channels/**", publish.publish),
            Route(.get, "/v1/channels/**", read.read),
            Route(.delete, "/v1/channels/**", channels.delete),
            Route(.get, "/healthz", operations.health),
            Route(.get, "/readyz", operations.ready),
            Route(.get, "/metrics", operations.metrics),
        ] + PageRoutes.all
    }
}
