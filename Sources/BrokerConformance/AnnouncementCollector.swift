import BrokerCore

/// The one consumer of a handle's events: it gives each follower those of its channel.
final class AnnouncementCollector: Sendable {
    private let source: BrokerEvents
    private let followers = Locked<[ChannelName: [BrokerEvents]]>([:])

    init(source: BrokerEvents) {
        self.source = source
    }

    /// Collects until the task is cancelled or the events end.
    func run() async {
        while let events = await source.next() { distribute(events) }
        for queue in followers.withLock({ $0.values.flatMap(\.self) }) { queue.finish() }
    }

    /// What the handle hears of this channel from now on. Whether it hears anything is for `attach` to say.
    func follow(_ channel: ChannelName) -> BrokerEvents {
        let queue = BrokerEvents()
        followers.withLock { $0[channel, default: []].append(queue) }
        return queue
    }

    func forget(_ channel: ChannelName) {
        let queues = followers.withLock { $0.removeValue(forKey: channel) }
        for queue in queues ?? [] { queue.finish() }
    }

    private func distribute(_ events: [BrokerEvent]) {
        let followers = followers.withLock { $0 }
        for event in events {
            let named = event.channels.map { $0.flatMap { followers[$0] ?? [] } }
            let concerned = named ?? followers.values.flatMap(\.self)
            for queue in concerned { queue.send([event]) }
        }
    }
}

extension BrokerEvent {
    /// The channels that the event is about; `nil`: every channel.
    fileprivate var channels: [ChannelName]? {
        switch self {
        case .published(let announcement): [announcement.message.channel]
        case .deleted(let channel, _): [channel]
        case .continuityLost(.channels(let names)), .continuityRestored(.channels(let names)): names
        case .continuityLost(.everything), .continuityRestored(.everything): nil
        }
    }
}
