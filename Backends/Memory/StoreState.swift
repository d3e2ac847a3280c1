import BrokerCore

/// All that a store holds, under its lock.
struct StoreState {
    /// Entries that one sweep looks at while it holds the lock, so that publishers don't wait for it.
    private static let sweepBatch = 1024

    /// A channel's place in memory: reaching a value inside a dictionary would copy it.
    final class Slot {
        var channel: MemoryChannel
        /// The deadline under which the channel stands in the queue.
        var scheduled: Int64 = .max

        init(_ channel: MemoryChannel) { self.channel = channel }
    }

    let settings: BrokerSettings
    let capacity: Int
    let clock: MemoryClock
    var attachments = Attachments()
    private var slots: [ChannelName: Slot] = [:]
    var seen = IdempotencyWindow()
    var tasks = TaskTable()
    private var expiry = ExpiryQueue()
    private var channelBytes = 0

    init(settings: BrokerSettings, capacity: Int, clock: MemoryClock) {
        self.settings = settings
        self.capacity = capacity
        self.clock = clock
    }

    /// What the store holds, in bytes as ``Footprint`` counts them.
    var footprint: Int { channelBytes + seen.footprint + tasks.footprint }
}

// MARK: - Publishing

extension StoreState {
    mutating func publish(_ publication: Publication) -> Result<Receipt, BrokerError> {
        let now = clock.elapsed()
        let name = publication.channel
        let living = slot(of: name, now: now)
        if let living, let key = publication.idempotencyKey,
            let first = seen.position(of: key, on: name, epoch: living.channel.epoch, now: now)
        {
            return .success(Receipt(position: first, duplicate: true))
        }
        let slot = living ?? newSlot(for: name)
        if let refusal = slot.channel.refusal(of: publication, messageBytes: settings.messageBytes) {
            return .failure(refusal)
        }
        let cost = Footprint.publication(publication) + (living == nil ? slot.channel.footprint : 0)
        guard makeRoom(for: cost, now: now) else { return .failure(full) }
        if living == nil { insert(slot) }
        return .success(append(publication, to: slot, now: now))
    }

    private mutating func append(_ publication: Publication, to slot: Slot, now: Int64) -> Receipt {
        let before = slot.channel.footprint
        let announcement = slot.channel.append(publication, time: clock.wall(), now: now)
        channelBytes += slot.channel.footprint - before
        if slot.channel.deadline < slot.scheduled { schedule(slot) }
        let position = announcement.message.position
        if let key = publication.idempotencyKey {
            seen.remember(key, on: publication.channel, at: position, now: now)
        }
        attachments.announce(.published(announcement), on: publication.channel)
        return Receipt(position: position)
    }

    mutating func makeRoom(for bytes: Int, now: Int64) -> Bool {
        if footprint + bytes > capacity { _ = sweep(now: now) }
        return footprint + bytes <= capacity
    }

    var full: BrokerError {
        .unavailable(reason: "the memory broker is full: it holds \(footprint) of at most \(capacity) bytes")
    }
}

// MARK: - Reading and removing

extension StoreState {
    mutating func recover(_ name: ChannelName, from start: Start, limit: RecoveryLimit) -> Recovery {
        slot(of: name, now: clock.elapsed())?.channel.recover(from: start, limit: limit) ?? .absent(from: start)
    }

    mutating func inspect(_ name: ChannelName) -> ChannelStatus? {
        slot(of: name, now: clock.elapsed())?.channel.status
    }

    mutating func delete(_ name: ChannelName) -> Bool {
        guard let slot = slot(of: name, now: clock.elapsed()) else { return false }
        remove(slot)
        attachments.announce(.deleted(name, slot.channel.epoch), on: name)
        return true
    }

    /// A page of the living channels, found without sorting all of them.
    func list(_ query: ChannelQuery) -> [ChannelSummary] {
        let now = clock.elapsed()
        let names = slots.lazy.filter { name, slot in
            query.includes(name) && slot.channel.deadline > now
        }
        return smallest(min(max(query.limit, 0), ChannelQuery.maximumLimit), of: names.map { $0.key })
            .compactMap { slots[$0]?.channel.summary }
    }

    /// The channel, if it lives: one whose time is over is removed here, whether or not it has been swept.
    mutating func slot(of name: ChannelName, now: Int64) -> Slot? {
        guard let slot = slots[name] else { return nil }
        if slot.channel.deadline > now { return slot }
        remove(slot)
        return nil
    }

    private func newSlot(for name: ChannelName) -> Slot {
        Slot(MemoryChannel(name: name, epoch: .random(), retention: settings.policy(for: name)))
    }

    mutating func insert(_ slot: Slot) {
        slots[slot.channel.name] = slot
        channelBytes += slot.channel.footprint
    }

    mutating func remove(_ slot: Slot) {
        slots[slot.channel.name] = nil
        channelBytes -= slot.channel.footprint
    }
}

// MARK: - Expiry

extension StoreState {
    /// Looks at a batch of what may be over. Returns whether there may be more.
    mutating func sweep(now: Int64) -> Bool {
        var looked = seen.expire(now: now, limit: Self.sweepBatch)
        while looked < Self.sweepBatch, let entry = expiry.next(now: now) {
            looked += 1
            // Only the entry under which the channel is scheduled speaks for it.
            guard let slot = slots[entry.channel], slot.scheduled == entry.deadline else { continue }
            if slot.channel.deadline <= now { remove(slot) } else { schedule(slot) }
        }
        return looked >= Self.sweepBatch
    }

    mutating func schedule(_ slot: Slot) {
        slot.scheduled = slot.channel.deadline
        expiry.schedule(slot.channel.name, at: slot.scheduled)
        guard expiry.isStale(channels: slots.count) else { return }
        expiry.rebuild(from: slots.values.lazy.map { .init(deadline: $0.scheduled, channel: $0.channel.name) })
    }
}

extension ChannelQuery {
    fileprivate func includes(_ name: ChannelName) -> Bool {
        if let after, name <= after { return false }
        return prefix.isEmpty || name.rawValue.utf8.starts(with: prefix.utf8)
    }
}
