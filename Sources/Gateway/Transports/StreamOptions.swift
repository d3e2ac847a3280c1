import BrokerCore
import GatewayConfig
import Tasks

/// What all streams of a gateway have in common.
struct StreamOptions: Sendable {
    let config: GatewayConfig
    let eventStream: EventStreamOptions
    let webSocket: WebSocketOptions
    let tasks: TaskInspector
    /// Of the channels that are tasks.
    let namespace: TaskNamespace

    init(config: GatewayConfig, broker: any Broker, counters: Counters, tasks store: TaskStore) {
        self.config = config
        namespace = store.namespace
        tasks = TaskInspector(tasks: store)
        eventStream = EventStreamOptions(heartbeat: config.heartbeat.wholeSeconds)
        webSocket = WebSocketOptions(
            broker: broker, counters: counters, inspector: tasks, namespace: namespace,
            replay: { config.policy(for: $0).replay },
            messageBytes: Publication.longestObject(dataBytes: config.limits.messageBytes),
            ping: config.websocket.ping.wholeSeconds, silence: config.websocket.silence.wholeSeconds,
            subscriptions: config.limits.subscriptions, publishesUnderWay: config.websocket.publishesUnderWay)
    }
}

extension Duration {
    /// Seconds, rounded up, at least one: what the shards' clock can do.
    var wholeSeconds: UInt32 {
        let (seconds, attoseconds) = components
        return UInt32(max(1, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
