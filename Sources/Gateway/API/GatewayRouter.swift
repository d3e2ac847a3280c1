import GatewayConfig
import HTTPTypes
import Hummingbird

/// Every request that is no stream.
enum GatewayRouter {
    static func make(_ services: Services) -> some HTTPResponder<GatewayContext> {
        let routes = routes(services)
        var methods = PathMethods()
        for path in StreamRequest.paths { methods.add([.get], to: path) }
        for route in routes {
            for path in route.paths { methods.add(route.method == .get ? [.get, .head] : [route.method], to: path) }
        }
        let router = Router(context: GatewayContext.self)
        if services.config.compression { router.add(middleware: CompressionMiddleware()) }
        router.add(middleware: ProblemMiddleware(methods: methods, refusals: services.counters.refusals))
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
        ] + tasks(services) + [
            Route(.get, "/healthz", operations.health),
            Route(.get, "/readyz", operations.ready),
            Route(.get, "/metrics", operations.metrics),
        ] + PageRoutes.all
    }

    /// An id may have slashes too, and what is asked of a task stands behind them.
    private static func tasks(_ services: Services) -> [Route] {
        let tasks = TaskRoutes(services: services)
        let read = TaskReadRoute(services: services)
        let (all, log, cancel) = ("/v1/tasks/**", "/v1/tasks/**/log", "/v1/tasks/**/cancel")
        return [
            Route(.get, "/v1/tasks", read.list),
            Route(.post, "/v1/tasks", tasks.create),
            Route(.get, all, of: [all, log], read.read),
            Route(.patch, all, tasks.change),
            Route(.post, all, of: [log, cancel], tasks.post),
            Route(.put, all, of: [log], tasks.put),
            Route(.delete, all, tasks.delete),
        ]
    }
}
