import BrokerCore

/// One session's subscription to one channel of its shard.
final class Subscription {
    unowned let session: Session
    let channel: ShardChannel
    var state: SubscriptionState
    /// Its place among the channel's subscriptions.
    var index = 0

    init(session: Session, channel: ShardChannel, start: Start) {
        self.session = session
        self.channel = channel
        state = SubscriptionState(start: start)
    }

    /// The last message that was handed over, or where the stream was opened.
    var position: Position {
        state.isLive ? channel.view.tail ?? state.position : state.position
    }

    /// Leaves the channel and the session, without a word to the reader.
    func cancel() {
        state.cancel()
        channel.remove(self)
        session.subscriptions.remove(self)
    }
}

/// A session's subscriptions. The first stands in the list itself: most sessions have one.
struct SubscriptionList {
    private var first: Subscription?
    private var others: [Subscription] = []

    var count: Int { (first == nil ? 0 : 1) + others.count }

    subscript(channel: ChannelName) -> Subscription? {
        if let first, first.channel.name == channel { return first }
        return others.first { $0.channel.name == channel }
    }

    mutating func append(_ subscription: Subscription) {
        if first == nil { first = subscription } else { others.append(subscription) }
    }

    mutating func remove(_ subscription: Subscription) {
        if first === subscription {
            first = others.isEmpty ? nil : others.removeFirst()
        } else {
            others.removeAll { $0 === subscription }
        }
    }

    func map<Element>(_ transform: (Subscription) -> Element) -> [Element] {
        (first.map { [$0] } ?? []).map(transform) + others.map(transform)
    }

    func cancelAll() {
        for subscription in map({ $0 }) { subscription.cancel() }
    }

    /// The reader has room again.
    func drained() {
        for subscription in map({ $0 }) where subscription.state.isLagging {
            subscription.state.drained()
            subscription.channel.advance(subscription)
        }
    }
}
