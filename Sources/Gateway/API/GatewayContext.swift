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

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}

/// The services that requests are answered with.
struct Services: Sendable {
    let broker: any Broker
    let hub: Hub
    let config: GatewayConfig
    let counters: Counters
    let readiness: Readiness
    let tasks: TaskStore
}
