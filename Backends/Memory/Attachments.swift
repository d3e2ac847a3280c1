import BrokerCore

/// Which handles hear of which channels, and what they are to hear.
struct Attachments {
    private var listeners: [ChannelName: [BrokerEvents]] = [:]
    private var outbox: [(listener: BrokerEvents, events: [BrokerEvent])] = []

    mutating func attach(_ listener: BrokerEvents, to channel: ChannelName) {
        guard listeners[channel]?.contains(where: { $0 === listener }) != true else { return }
        listeners[channel, default: []].append(listener)
    }

    mutating func detach(_ listener: BrokerEvents, from channel: ChannelName) {
        listeners[channel]?.removeAll { $0 === listener }
        if listeners[channel]?.isEmpty == true { listeners[channel] = nil }
    }

    mutating func detachAll(_ listener: BrokerEvents) {
        for channel in Array(listeners.keys) { detach(listener, from: channel) }
    }

    /// Puts the event behind those that wait to be sent.
    mutating func announce(_ event: BrokerEvent, on channel: ChannelName) {
        guard let heard = listeners[channel] else { return }
        for listener in heard {
            if let index = outbox.firstIndex(where: { $0.listener === listener }) {
                outbox[index].events.append(event)
            } else {
                outbox.append((listener, [event]))
            }
        }
    }

    /// Sends what waits, a batch to each listener. Called before the store's lock is given back, which keeps the order.
    mutating func flush() {
        guard !outbox.isEmpty else { return }
        for (listener, events) in outbox { listener.send(events) }
        outbox.removeAll(keepingCapacity: true)
    }
}
