import BrokerCore
import GatewayConfig
import Hub
import Hummingbird
import Logging
import NIOCore
import Tasks

/// What goes with a request through the router.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var sender = RequestSender()
    var id = RequestID()

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}

/// The services that requests are answered with.
final class Services: Sendable {
    let broker: any Broker
    let hub: Hub
    let live: LiveConfig
    let counters: Counters
    let limits: TrafficLimits
    let readiness: ReadinessCheck
    let metrics: Metrics
    let tasks: TaskStore
    let gate: Gate
    let logger: Logger

    init(
        broker: any Broker, hub: Hub, live: LiveConfig, counters: Counters, limits: TrafficLimits,
        readiness: ReadinessCheck, metrics: Metrics, tasks: TaskStore, gate: Gate, logger: Logger
    ) {
        self.broker = broker
        self.hub = hub
        self.live = live
        self.counters = counters
        self.limits = limits
        self.readiness = readiness
        self.metrics = metrics
        self.tasks = tasks
        self.gate = gate
        self.logger = logger
    }

    /// The configuration as it is now. What is read with each message takes its part from ``live``.
    var config: GatewayConfig { live.current }

    /// The pages that may use the gateway.
    var origins: OriginRules { live.read { OriginRules($0) } }
}
