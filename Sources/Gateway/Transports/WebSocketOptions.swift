import BrokerCore

/// What all WebSockets of a gateway have in common.
final class WebSocketOptions: Sendable {
    let broker: any Broker
    /// Where a reader of a channel starts that does not say.
    let replay: @Sendable (ChannelName) -> Start
    /// The largest message from a client, in bytes: a publication, each byte of its data escaped, and its other fields.
    let messageBytes: Int
    /// The time between two pings, and the silence after which a reader is given up. Seconds.
    let ping: UInt32
    let silence: UInt32
    /// Channels that one connection may follow.
    let subscriptions: Int
    /// Publications of one connection that are under way, or wait for those, at once.
    let publishesUnderWay: Int

    init(
        broker: any Broker, replay: @escaping @Sendable (ChannelName) -> Start, dataBytes: Int, ping: UInt32,
        silence: UInt32, subscriptions: Int, publishesUnderWay: Int
    ) {
        self.broker = broker
        self.replay = replay
        messageBytes = dataBytes * 6 + 4096
        self.ping = ping
        self.silence = silence
        self.subscriptions = subscriptions
        self.publishesUnderWay = publishesUnderWay
    }
}
