import BrokerCore

/// On which primary each attached channel is subscribed. Without I/O: what happened in, what is to be done out.
struct Placement {
    /// Channels whose announcements are to come from another node than before. Their loss has not been told yet, unless
    /// `from` is `nil`.
    struct Move: Equatable {
        /// `nil`: from nowhere; that they are interrupted has been told.
        var from: Endpoint?
        /// `nil`: nobody serves their slots.
        var to: Endpoint?
        var channels: [ChannelName]
    }

    /// A channel without a value in its optional waits for a node.
    private var homes: [ChannelName: Endpoint?] = [:]
    private var homeless = 0

    var isSettled: Bool { homeless == 0 }

    /// Channels are wanted. Returns them by the primary that has each.
    mutating func attach(_ channels: [ChannelName], by table: SlotTable) -> [Endpoint?: [ChannelName]] {
        var places: [Endpoint?: [ChannelName]] = [:]
        for channel in channels {
            let home = homes[channel] ?? table.primary(of: HashSlot.of(channel))
            put(channel, home)
            places[home, default: []].append(channel)
        }
        return places
    }

    /// Channels are not wanted any more. Returns them by where they were; under `nil` those that waited.
    mutating func detach(_ channels: [ChannelName]) -> [Endpoint?: [ChannelName]] {
        var places: [Endpoint?: [ChannelName]] = [:]
        for channel in channels {
            guard let home = homes.removeValue(forKey: channel) else { continue }
            if home == nil { homeless -= 1 }
            places[home, default: []].append(channel)
        }
        return places
    }

    /// A node serves these channels no more. They wait until the table names another; those that are elsewhere already
    /// stay there. Returns those that were detached meanwhile.
    @discardableResult
    mutating func handedBack(_ channels: [ChannelName], by node: Endpoint) -> [ChannelName] {
        for channel in channels where homes[channel] == .some(node) { put(channel, nil) }
        return channels.filter { !homes.keys.contains($0) }
    }

    /// Brings the channels to where the table has them.
    mutating func follow(_ table: SlotTable) -> [Move] {
        var moves: [[Endpoint?]: [ChannelName]] = [:]
        for (channel, home) in homes {
            let owner = table.primary(of: HashSlot.of(channel))
            guard owner != home else { continue }
            put(channel, owner)
            moves[[home, owner], default: []].append(channel)
        }
        return moves.map { Move(from: $0[0], to: $0[1], channels: $1) }
    }

    /// Those of the channels that are not `node`'s any more: they have been detached, or moved.
    func strays(_ channels: [ChannelName], from node: Endpoint) -> [ChannelName] {
        channels.filter { homes[$0] != .some(node) }
    }

    /// The channels of these slots, by where they are.
    func channels(in slots: Set<Int>) -> [Endpoint: [ChannelName]] {
        guard !slots.isEmpty else { return [:] }
        var found: [Endpoint: [ChannelName]] = [:]
        for case (let channel, let home?) in homes where slots.contains(HashSlot.of(channel)) {
            found[home, default: []].append(channel)
        }
        return found
    }

    /// The channels at a node.
    func channels(at node: Endpoint) -> [ChannelName] {
        homes.compactMap { $0.value == node ? $0.key : nil }
    }

    private mutating func put(_ channel: ChannelName, _ home: Endpoint?) {
        if let old = homes[channel], old == nil { homeless -= 1 }
        if home == nil { homeless += 1 }
        homes.updateValue(home, forKey: channel)
    }
}
