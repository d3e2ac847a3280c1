import BrokerCore
import GatewayConfig
import Tasks

/// What all WebSockets of a gateway have in common.
final class WebSocketOptions: Sendable {
    private let live: LiveConfig
    let broker: any Broker
    let counters: Counters
    let inspector: TaskInspector
    let limits: TrafficLimits
    let gate: Gate
    /// Of the channels that are tasks.
    let namespace: TaskNamespace
    /// The largest message from a client, in bytes.
    let messageBytes: Int

    init(
        live: LiveConfig, broker: any Broker, counters: Counters, inspector: TaskInspector, namespace: TaskNamespace,
        limits: TrafficLimits, gate: Gate
    ) {
        self.live = live
        self.broker = broker
        self.counters = counters
        self.inspector = inspector
        self.limits = limits
        self.gate = gate
        self.namespace = namespace
        messageBytes = Publication.longestObject(dataBytes: live.current.limits.messageBytes)
    }

    /// Where a reader of a channel starts that does not say.
    func replay(_ channel: ChannelName) -> Start { live.read { $0.policy(for: channel).replay } }

    /// The time between two pings, in seconds.
    var ping: UInt32 { live.read { $0.websocket.ping.wholeSeconds } }
    /// The silence after which a reader is given up, in seconds.
    var silence: UInt32 { live.read { $0.websocket.silence.wholeSeconds } }
    /// Channels that one connection may follow.
    var subscriptions: Int { live.read(\.limits.subscriptions) }
    /// Publications of one connection that are under way, or wait for those, at once.
    var publishesUnderWay: Int { live.read(\.websocket.publishesUnderWay) }
}
