package import BrokerCore
package import GatewayConfig
import Hub
import Hummingbird
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Tasks

/// The gateway: an edge, a router, and a Hub, over one broker.
package struct Gateway: Service {
    private let config: GatewayConfig
    private let broker: any Broker
    private let logger: Logger
    private let listening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - broker: a handle that is nobody else's. The gateway runs it.
    ///   - listening: called once with the port, when connections are accepted.
    package init(
        config: GatewayConfig, broker: any Broker, logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.config = config
        self.broker = broker
        self.logger = logger
        self.listening = listening
    }

    /// Serves until a graceful shutdown; then nothing new is accepted, streams end spread over `drain`, and it returns.
    /// - Throws: when it can't listen, or the broker's work ends with an error.
    package func run() async throws {
        let hub = try Hub(broker: broker, options: HubOptions(config), logger: logger)
        let tasks = try taskStore()
        let services = Services(
            broker: broker, hub: hub, config: config, counters: Counters(), readiness: Readiness(broker: broker),
            tasks: tasks)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Processors.available)
        let listener = Listener(config: config, services: edge(services), group: group)
        try await withThrowingTaskGroup(of: Void.self) { works in
            works.addTask { try await broker.run() }
            works.addTask { await hub.run() }
            works.addTask { await LeaseSweep(store: tasks, logger: logger).run() }
            works.addTask { try await serve(listener, services) }
            // The first to end ends the gateway: serving by a shutdown, the others by a failure.
            var failure: (any Error)?
            while let result = await works.nextResult() {
                works.cancelAll()
                if case .failure(let error) = result, !(error is CancellationError) { failure = failure ?? error }
            }
            if let failure { throw failure }
        }
        try await group.shutdownGracefully()
    }

    private func taskStore() throws -> TaskStore {
        TaskStore(
            broker: broker, namespace: try TaskNamespace(config.tasks.namespace),
            messageBytes: config.limits.messageBytes, policy: { config.policy(for: $0).history })
    }

    private func serve(_ listener: Listener, _ services: Services) async throws {
        let channel = try await listener.bind()
        listening(channel.localAddress?.port ?? config.listen.port)
        try? await gracefulShutdown()
        services.counters.drain()
        try? await channel.close()
        logger.info("draining", metadata: ["seconds": "\(config.drain.wholeSeconds)"])
        await services.hub.drain(seconds: config.drain.wholeSeconds)
        await services.counters.requestsEnded(within: config.drain)
    }

    private func edge(_ services: Services) -> EdgeServices {
        let responder = GatewayRouter.make(services)
        return EdgeServices(
            hub: services.hub,
            streams: StreamOptions(
                config: config, broker: broker, counters: services.counters, tasks: services.tasks),
            takesSockets: config.hub.sockets == .epoll, counters: services.counters, logger: logger,
            publish: PublishRoute(services: services),
            router: { try await responder.respond(to: $0, context: $1) })
    }
}

extension HubOptions {
    init(_ config: GatewayConfig) {
        self.init(
            shards: config.hub.shards, sessionBufferBytes: config.limits.sessionBufferBytes,
            writeTimeoutMilliseconds: config.timeouts.write.wholeSeconds * 1_000)
    }
}
