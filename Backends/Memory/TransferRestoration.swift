import BrokerCore
import DequeModule

/// What a channel of a ``MemoryStore`` is to hold.
final class MemoryRestoration: ChannelRestoration {
    struct Content {
        var log: Deque<Message> = []
        var retained: [RetainKey: MemoryChannel.Retained] = [:]
        var keys: [(key: IdempotencyKey, offset: UInt64, age: Duration)] = []
        /// The message with the highest offset.
        var newest: Announcement?
    }

    private let content = Locked(Content())
    private let store: MemoryStore

    init(store: MemoryStore) { self.store = store }

    func add(_ items: [TransferItem]) async throws(BrokerError) {
        content.withLock { content in
            for item in items { content.add(item) }
        }
    }

    func commit(_ head: ChannelHead, replacing replaced: Position?) async throws(BrokerError) -> Bool {
        let content = content.withLock { $0 }
        return try store.state.withLock { state throws(BrokerError) in
            defer { state.attachments.flush() }
            return try state.restore(head, content, replacing: replaced)
        }
    }

    func abandon() async { content.withLock { $0 = Content() } }
}

extension MemoryRestoration.Content {
    mutating func add(_ item: TransferItem) {
        switch item {
        case .logged(let announcement):
            log.append(announcement.message)
            note(announcement)
        case .retained(let announcement):
            guard let key = announcement.message.retain else { return }
            retained[key] = .init(message: announcement.message, conflated: announcement.conflated)
            note(announcement)
        case .key(let key, let offset, let age): keys.append((key, offset, age))
        }
    }

    private mutating func note(_ announcement: Announcement) {
        if announcement.message.offset > newest?.message.offset ?? 0 { newest = announcement }
    }
}

extension StoreState {
    mutating func restore(
        _ head: ChannelHead, _ content: MemoryRestoration.Content, replacing replaced: Position?
    ) throws(BrokerError) -> Bool {
        let now = clock.elapsed()
        let present = slot(of: head.channel, now: now)
        guard present?.channel.position == replaced else { return false }
        let channel = MemoryChannel(
            head, log: content.log, retained: content.retained, retention: settings.policy(for: head.channel), now: now)
        let keys = content.keys.reduce(0) { $0 + Footprint.key($1.key) }
        guard makeRoom(for: channel.footprint + keys, now: now) else { throw full }
        if let present { remove(present) }
        let slot = Slot(channel)
        insert(slot)
        schedule(slot)
        for (key, offset, age) in content.keys {
            let position = Position(epoch: head.epoch, offset: offset)
            seen.remember(key, on: head.channel, at: position, now: now - age.milliseconds)
        }
        if let newest = content.newest, newest.message.offset == head.top {
            attachments.announce(.published(newest), on: head.channel)
        }
        return true
    }
}

extension MemoryChannel {
    fileprivate var position: Position { Position(epoch: epoch, offset: top) }
}
