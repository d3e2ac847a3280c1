import BrokerCore

// What the server says.
extension SubscriptionTable {
    /// The server confirms that a channel is subscribed.
    mutating func subscribed(_ name: ChannelName, _ effects: inout Effects) {
        guard underway.confirmed(.subscribe, name), let entry = entries[name] else { return }
        entries[name]?.state = .subscribed
        guard entry.wanted else { return enqueue(name) }
        release(name, &effects)
        guard entry.interrupted else { return }
        entries[name]?.interrupted = false
        owed -= 1
        if scope == .channels { effects.restored.append(name) }
    }

    /// The server says that a channel is subscribed no more: because it was asked to, or, in a cluster, because the
    /// channel's slot has moved to another server; then the channel is handed back.
    mutating func unsubscribed(_ name: ChannelName, _ effects: inout Effects) {
        let asked = underway.confirmed(.unsubscribe, name)
        guard let entry = entries[name], asked || entry.state == .subscribed else { return }
        if asked || !entry.wanted { ended(name) } else { handBack([name], &effects) }
    }

    /// The server refused the oldest command under way. In a cluster the channels of a SUBSCRIBE are handed back, and
    /// those of an UNSUBSCRIBE are subscribed no more: a server that loses a slot says so by itself, and then refuses
    /// what was on its way, so a refusal may also come for nothing. Else the connection is of no use.
    mutating func refused(_ reason: String, _ effects: inout Effects) {
        let command = underway.refused()
        let isElsewhere = reason.hasPrefix("MOVED") || reason.hasPrefix("CLUSTERDOWN")
        guard scope == .channels, command?.kind == .subscribe || isElsewhere else {
            effects.drop = reason
            return
        }
        guard let command else { return }
        if command.kind == .unsubscribe {
            for name in command.channels { ended(name) }
        } else {
            effects.refusal = reason
            handBack(command.channels, &effects)
        }
    }

    /// An UNSUBSCRIBE is done; the channel may be wanted again meanwhile.
    private mutating func ended(_ name: ChannelName) {
        guard let entry = entries[name] else { return }
        if entry.wanted {
            entries[name]?.state = .none
            enqueue(name)
        } else {
            entries[name] = nil
        }
    }

    /// All that the server said at once has been handled: sends what is due, and tells what has been restored.
    mutating func settle(_ effects: inout Effects) { advance(&effects) }

    private mutating func handBack(_ names: [ChannelName], _ effects: inout Effects) {
        var moved: [ChannelName] = []
        for name in names {
            guard let entry = entries.removeValue(forKey: name), entry.wanted else { continue }
            if entry.interrupted { owed -= 1 }
            release(name, &effects)
            moved.append(name)
        }
        guard !moved.isEmpty else { return }
        effects.flushRestored()
        effects.events.append(.continuityLost(.channels(moved)))
        effects.handedBack += moved
    }
}
