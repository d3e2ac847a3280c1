import BrokerCore
import GatewayConfig
import Tasks

/// What all streams of a gateway have in common.
struct StreamOptions: Sendable {
    let live: LiveConfig
    let counters: Counters
    let webSocket: WebSocketOptions
    let tasks: TaskInspector
    let gate: Gate
    let limits: TrafficLimits
    /// Of the channels that are tasks.
    let namespace: TaskNamespace

    init(
        live: LiveConfig, broker: any Broker, counters: Counters, tasks store: TaskStore, gate: Gate,
        limits: TrafficLimits
    ) {
        self.live = live
        self.counters = counters
        self.gate = gate
        self.limits = limits
        namespace = store.namespace
        tasks = TaskInspector(tasks: store)
        webSocket = WebSocketOptions(
            live: live, broker: broker, counters: counters, inspector: tasks, namespace: namespace,
            limits: limits, gate: gate)
    }

    /// The configuration as it is now.
    var config: GatewayConfig { live.current }
    /// Of event streams that begin now.
    var eventStream: EventStreamOptions {
        EventStreamOptions(heartbeat: live.read { $0.heartbeat.wholeSeconds })
    }
}

extension Duration {
    /// Seconds, rounded up, at least one: what the shards' clock can do.
    var wholeSeconds: UInt32 {
        let (seconds, attoseconds) = components
        return UInt32(max(1, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
