import Access
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
    /// How long requests may still take that are under way when `drain` is over and the last stream has gone.
    private static let requestGrace = Duration.seconds(3)

    private let live: LiveConfig
    private let broker: any Broker
    private let logger: Logger
    private let listening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - broker: a handle that is nobody else's. The gateway runs it.
    ///   - listening: called once with the port, when connections are accepted.
    package init(
        live: LiveConfig, broker: any Broker, logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.live = live
        self.broker = broker
        self.logger = logger
        self.listening = listening
    }

    /// Serves until a graceful shutdown; then nothing new is accepted, streams end spread over `drain`, and it returns.
    /// - Throws: when it can't listen, or the broker's work ends with an error.
    package func run() async throws {
        let config = live.current
        let access = try await AccessControl(config: config, logger: logger)
        live.onReload { try await access.prepare($0) }
        let meter = BrokerMeter(logger: logger)
        let broker = MeasuredBroker(broker: broker, meter: meter)
        let hub = try Hub(broker: broker, options: HubOptions(config), logger: logger)
        live.onReload { config in { hub.set(HubOptions(config)) } }
        let tasks = try taskStore(broker)
        let gate = Gate(control: access, broker: broker, namespace: tasks.namespace, live: live)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Processors.available)
        let counters = Counters()
        let delays = LoopDelays(group: group, hub: hub)
        let descriptors = OpenDescriptors()
        let services = Services(
            broker: broker, hub: hub, live: live, counters: counters, limits: TrafficLimits(live: live),
            readiness: ReadinessCheck(
                counters: counters, broker: Readiness(broker: broker), descriptors: descriptors),
            metrics: Metrics(
                live: live, hub: hub, counters: counters, meter: meter, delays: delays, descriptors: descriptors),
            tasks: tasks,
            gate: gate, logger: logger)
        let certificates = try Certificates(config, logger: logger)
        if let certificates { live.onReload { try certificates.prepare($0) } }
        live.begin()
        let listener = Listener(live: live, services: edge(services), group: group, certificates: certificates)
        try await withThrowingTaskGroup(of: Void.self) { works in
            works.addTask { try await broker.run() }
            works.addTask {
                async let _ = access.run()
                await hub.run()
            }
            works.addTask { await LeaseSweep(store: tasks, logger: logger, swept: { counters.swept($0) }).run() }
            works.addTask { await delays.run() }
            if let certificates { works.addTask { await certificates.run() } }
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

    /// Looks whether the files that a configuration names can be used.
    /// - Throws: one line that names the key.
    package static func check(_ config: GatewayConfig) throws {
        if let files = CertificateFiles(config.listen.tls) {
            _ = try files.context(protocols: Certificates.protocols(config))
        }
    }

    private func taskStore(_ broker: any Broker) throws -> TaskStore {
        let config = live.current
        return TaskStore(
            broker: broker, namespace: try TaskNamespace(config.tasks.namespace),
            messageBytes: config.limits.messageBytes, policy: { config.policy(for: $0).history })
    }

    private func serve(_ listener: Listener, _ services: Services) async throws {
        let channel = try await listener.bind()
        listening(channel.localAddress?.port ?? live.current.listen.port)
        services.limits.connections.warn(logger)
        try? await gracefulShutdown()
        services.counters.drain()
        try? await channel.close()
        let time = live.current.drain
        let end = ContinuousClock.now + time
        logger.notice("draining", metadata: ["seconds": "\(time.inSeconds)"])
        await listener.shutdowns.give()
        await services.hub.drain(over: time)
        // Only now: a stream that has ended may have brought another request by the same connection.
        await services.counters.requestsEnded(by: max(end, .now) + Self.requestGrace)
        logger.notice("drained")
    }

    private func edge(_ services: Services) -> EdgeServices {
        let responder = GatewayRouter.make(services)
        return EdgeServices(
            hub: services.hub,
            streams: StreamOptions(
                live: live, broker: services.broker, counters: services.counters, tasks: services.tasks,
                gate: services.gate, limits: services.limits),
            takesSockets: live.current.hub.sockets != .nio, counters: services.counters,
            limits: services.limits, logger: logger, publish: PublishRoute(services: services),
            router: { try await responder.respond(to: $0, context: $1) })
    }
}

extension HubOptions {
    init(_ config: GatewayConfig) {
        self.init(
            shards: config.hub.shards, usesRing: config.hub.sockets == .ring,
            sessionBufferBytes: config.limits.sessionBufferBytes,
            writeTimeoutMilliseconds: config.timeouts.write.wholeSeconds * 1_000)
    }
}
