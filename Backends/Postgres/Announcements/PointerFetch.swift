import BrokerCore
import BrokerSupport

/// Keeps a channel's events in order where some are pointers: what comes behind a pointer is held back until its
/// messages have been fetched. Other channels go on. Without I/O: something happened in, ``ListenEffects`` out.
///
/// What can't be fetched, or is not there any more, is told as a loss of the channel's continuity and its restoration at
/// once, and what is held back is dropped: readers recover all of it from the log. So it is where the bounds below do
/// not allow to hold more back.
struct PointerFetch {
    /// A question that has been asked, by number.
    typealias Ticket = Int

    /// Events that are held back for one channel, and messages that one pointer stands for, at most.
    static let eventsPerChannel = 1_024
    /// Bytes of data that are held back for one channel, at most.
    static let bytesPerChannel = 8 << 20
    /// Bytes of data that are held back in all, at most.
    static let bytesInAll = 64 << 20
    /// Channels of which something is held back, at most.
    static let maximumChannels = 10_000
    /// Questions under way, at most. Each answer may have 8 MiB, and they share a connection with readers' questions.
    static let maximumUnderway = 8

    private var held: [ChannelName: HeldBack] = [:]
    /// Bytes of data that are held back.
    private(set) var heldBytes = 0
    /// Channels that wait until a question may be asked, each once; some may not need it any more.
    private var line = FIFO<ChannelName>()
    private var inLine: Set<ChannelName> = []
    /// The questions under way, also those whose answers are not wanted any more.
    private var underway: [Ticket: ChannelName] = [:]
    private var lastTicket = 0

    /// Channels of which something is held back.
    var heldChannels: Int { held.count }
}

// MARK: What happens

extension PointerFetch {
    /// The next part of a notification.
    mutating func take(_ section: Section, _ effects: inout ListenEffects) {
        switch section {
        case .events(let channel, let events):
            if held.isEmpty || held[channel] == nil {
                effects.events += events
            } else if !hold(events, of: channel) {
                giveUp(channel, &effects)
            }
        case .pointer(let pointer):
            if hold(pointer) { ask(&effects) } else { giveUp(pointer.channel, &effects) }
        }
    }

    /// A question is answered: with the records that are there from the pointer's first message on, at least one if it
    /// is there; or not at all (`nil`).
    mutating func answered(_ ticket: Ticket, _ records: [Record]?, _ effects: inout ListenEffects) {
        guard let channel = underway.removeValue(forKey: ticket) else { return }
        if let entry = held[channel], entry.ticket == ticket {
            deliver(records ?? [], of: channel, entry, &effects)
        }
        ask(&effects)
    }

    /// Channels are not wanted any more: what is held back of them is not either.
    mutating func forget(_ channels: [ChannelName]) {
        guard !held.isEmpty else { return }
        for channel in channels { drop(channel) }
    }

    /// All continuity is lost: nothing that is held back is wanted.
    mutating func forgetAll() {
        (held, heldBytes) = ([:], 0)
        line.removeAll()
        inLine = []
    }
}

// MARK: Steps

extension PointerFetch {
    /// - Returns: `false` if there is no room.
    private mutating func hold(_ pointer: Pointer) -> Bool {
        guard pointer.messages <= Self.eventsPerChannel else { return false }
        if held[pointer.channel] != nil {
            return held[pointer.channel]?.append(pointer) ?? false
        }
        guard held.count < Self.maximumChannels, inLine.count < Self.maximumChannels else { return false }
        held[pointer.channel] = HeldBack(pointer)
        enqueue(pointer.channel)
        return true
    }

    /// - Returns: `false` if there is no room.
    private mutating func hold(_ events: [BrokerEvent], of channel: ChannelName) -> Bool {
        for event in events {
            let bytes = event.heldBytes
            guard heldBytes + bytes <= Self.bytesInAll, held[channel]?.append(event) ?? false else { return false }
            heldBytes += bytes
        }
        return true
    }

    private mutating func deliver(
        _ records: [Record], of channel: ChannelName, _ entry: HeldBack, _ effects: inout ListenEffects
    ) {
        var entry = entry
        let bytes = entry.bytes
        guard let events = entry.fetched(records, of: channel) else { return giveUp(channel, &effects) }
        effects.events += events
        heldBytes += entry.bytes - bytes
        held[channel] = entry.isEmpty ? nil : entry
        if !entry.isEmpty { enqueue(channel) }
    }

    private mutating func giveUp(_ channel: ChannelName, _ effects: inout ListenEffects) {
        drop(channel)
        effects.events.append(.continuityLost(.channels([channel])))
        effects.events.append(.continuityRestored(.channels([channel])))
    }

    private mutating func drop(_ channel: ChannelName) {
        guard let entry = held.removeValue(forKey: channel) else { return }
        heldBytes -= entry.bytes
    }

    private mutating func enqueue(_ channel: ChannelName) {
        if inLine.insert(channel).inserted { line.append(channel) }
    }

    /// Asks as many questions as may be under way.
    private mutating func ask(_ effects: inout ListenEffects) {
        while underway.count < Self.maximumUnderway, let channel = line.popFirst() {
            inLine.remove(channel)
            guard let pointer = held[channel]?.question else { continue }
            lastTicket += 1
            underway[lastTicket] = channel
            held[channel]?.ticket = lastTicket
            effects.fetches.append((lastTicket, pointer))
        }
    }
}
