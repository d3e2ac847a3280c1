import Hummingbird

/// Every request that is no stream.
enum GatewayRouter {
    static func make(_ services: Services) -> some HTTPResponder<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware())
        let publish = PublishRoute(services: services)
        let read = ReadRoute(services: services)
        let channels = ChannelRoutes(services: services)
        let operations = OperationsRoutes(services: services)
        router.post("/v1/publish", use: NDJSONRoute(services: services).publish)
        router.get("/v1/channels", use: channels.list)
        // A channel's name may have slashes: the route takes all that follows.
        router.post("/v1/channels", use: publish.publish)
        router.delete("/v1/channels", use: channels.delete)
        router.post("/v1/channels/**", use: publish.publish)
        router.put("/v1/channels/**", use: publish.publish)
        router.get("/v1/channels/**", use: read.read)
        router.delete("/v1/channels/**", use: channels.delete)
        router.get("/healthz", use: operations.health)
        router.get("/readyz", use: operations.ready)
        router.get("/metrics", use: operations.metrics)
        PageRoutes.add(to: router)
        return router.buildResponder()
    }
}
