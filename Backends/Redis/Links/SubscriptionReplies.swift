import BrokerCore

// What the server says.
extension SubscriptionTable {
    /// The server confirms that a channel is subscribed.
    mutating func subscribed(_ name: ChannelName, _ effects: inout Effects) {
        guard underway.confirmed(.subscribe, name), let entry = entries[name] else { return }
        entries[name]?.state = .subscribed
        guard entry.wanted else { return enqueue(name) }
        unconfirmed -= 1
        release(name, &effects)
        guard scope == .channels, entry.interrupted else { return }
        entries[name]?.interrupted = false
        effects.restored.append(name)
    }

    /// The server says that a channel is subscribed no more: because it was asked to, or, in a cluster, because the
    /// channel's slot has moved to another server; then the channel is handed back.
    mutating func unsubscribed(_ name: ChannelName, _ effects: inout Effects) {
        let asked = underway.confirmed(.unsubscribe, name)
        guard let entry = entries[name], asked || entry.state == .subscribed else { return }
        if !entry.wanted {
            entries[name] = nil
        } else if asked {
            entries[name]?.state = .none
            enqueue(name)
        } else {
            handBack([name], &effects)
        }
    }

    /// The server refused the oldest command under way. In a cluster its channels are handed back; else the connection
    /// is of no use.
    mutating func refused(_ reason: String, _ effects: inout Effects) {
        guard let command = underway.refused(), scope == .channels, command.kind == .subscribe else {
            effects.drop = reason
            return
        }
        effects.refusal = reason
        handBack(command.channels, &effects)
    }

    /// All that the server said at once has been handled: sends what is due, and tells what has been restored.
    mutating func settle(_ effects: inout Effects) { advance(&effects) }

    private mutating func handBack(_ names: [ChannelName], _ effects: inout Effects) {
        var moved: [ChannelName] = []
        for name in names {
            guard let entry = entries.removeValue(forKey: name), entry.wanted else { continue }
            if entry.state != .subscribed { unconfirmed -= 1 }
            release(name, &effects)
            moved.append(name)
        }
        guard !moved.isEmpty else { return }
        effects.flushRestored()
        effects.events.append(.continuityLost(.channels(moved)))
        effects.handedBack += moved
    }
}
