import BrokerCore
import Tasks

/// What all WebSockets of a gateway have in common.
final class WebSocketOptions: Sendable {
    let broker: any Broker
    let counters: Counters
    let inspector: TaskInspector
    /// Of the channels that are tasks.
    let namespace: TaskNamespace
    /// Where a reader of a channel starts that does not say.
    let replay: @Sendable (ChannelName) -> Start
    /// The largest message from a client, in bytes.
    let messageBytes: Int
    /// The time between two pings, and the silence after which a reader is given up. Seconds.
    let ping: UInt32
    let silence: UInt32
    /// Channels that one connection may follow.
    let subscriptions: Int
    /// Publications of one connection that are under way, or wait for those, at once.
    let publishesUnderWay: Int

    init(
        broker: any Broker, counters: Counters, inspector: TaskInspector, namespace: TaskNamespace,
        replay: @escaping @Sendable (ChannelName) -> Start, messageBytes: Int, ping: UInt32, silence: UInt32,
        subscriptions: Int, publishesUnderWay: Int
    ) {
        self.broker = broker
        self.counters = counters
        self.inspector = inspector
        self.namespace = namespace
        self.replay = replay
        self.messageBytes = messageBytes
        self.ping = ping
        self.silence = silence
        self.subscriptions = subscriptions
        self.publishesUnderWay = publishesUnderWay
    }
}
