import BrokerCore
import DequeModule

/// One life of a channel: its log, what it retains, and what a publication must fulfil. A pure value.
struct MemoryChannel {
    struct Retained {
        var message: Message
        var conflated: Bool
    }

    let name: ChannelName
    let epoch: Epoch
    let retention: RetentionPolicy
    private(set) var top: UInt64 = 0
    private(set) var trimmed: UInt64 = 0
    private(set) var closed = false
    private(set) var fence: UInt64?
    /// As ``Recovery/predecessors``: only a channel that was copied from another broker has any.
    private(set) var predecessors: [Position] = []
    /// The top to which a copy from another broker brought the channel.
    private(set) var copied: UInt64?
    /// In offset order, with holes where messages were conflated.
    private(set) var log: Deque<Message> = []
    private(set) var retained: [RetainKey: Retained] = [:]
    /// What the channel counts towards the store's capacity, in bytes.
    private(set) var footprint: Int
    /// When the channel is gone, by the store's elapsed time.
    private(set) var deadline: Int64 = .max

    private var logBytes = 0

    init(name: ChannelName, epoch: Epoch, retention: RetentionPolicy) {
        self.name = name
        self.epoch = epoch
        self.retention = retention
        self.footprint = Footprint.channel(name)
    }

    /// A channel as another broker had it. Nothing is trimmed before the next publication.
    /// - Parameters:
    ///   - log: in offset order.
    ///   - now: the store's elapsed time, in milliseconds.
    init(
        _ head: ChannelHead, log: Deque<Message>, retained: [RetainKey: Retained], retention: RetentionPolicy,
        now: Int64
    ) {
        self.init(name: head.channel, epoch: head.epoch, retention: retention)
        (top, trimmed, closed, fence) = (head.top, head.trimmed, head.closed, head.fence)
        (predecessors, copied, self.log, self.retained) = (head.predecessors, head.top, log, retained)
        logBytes = log.reduce(0) { $0 + $1.data.utf8.count }
        deadline = now + head.life.milliseconds
        footprint += log.reduce(0) { $0 + footprint(of: $1) }
        footprint += retained.values.reduce(0) { $0 + footprint(of: $1.message) }
    }

    /// Why the channel does not take the publication; `nil` if it does.
    func refusal(of publication: Publication, messageBytes limit: Int) -> BrokerError? {
        if closed, !reopens(publication) { return .closed(top: top) }
        if let fence, let offered = publication.fence, offered < fence { return .fenced(highest: fence) }
        if let expect = publication.expect {
            guard let key = publication.keeping.key else { return .expectWithoutKey }
            let current = retained[key]?.message.offset ?? 0
            if current != expect { return .conflict(current: current) }
        }
        let bytes = publication.data.utf8.count
        return bytes > limit ? .tooLarge(bytes: bytes, limit: limit) : nil
    }

    private func reopens(_ publication: Publication) -> Bool {
        guard let offered = publication.fence else { return false }
        return fence.map { offered > $0 } ?? true
    }

    /// Takes a publication that ``refusal(of:messageBytes:)`` has nothing against.
    /// - Parameters:
    ///   - time: milliseconds since 1970.
    ///   - now: the store's elapsed time, in milliseconds.
    mutating func append(_ publication: Publication, time: Int64, now: Int64) -> Announcement {
        top += 1
        let message = Message(
            channel: name, epoch: epoch, offset: top, event: publication.event, data: publication.data,
            format: publication.format, time: time, retain: publication.keeping.key
        )
        keep(message, as: publication.keeping)
        if let offered = publication.fence { fence = max(fence ?? 0, offered) }
        closed = publication.closes
        let ttl = closed ? retention.ttlAfterClose ?? retention.ttl : retention.ttl
        deadline = now + ttl.milliseconds
        return Announcement(message: message, conflated: publication.keeping.isConflated, closes: closed)
    }

    private mutating func keep(_ message: Message, as keeping: Keeping) {
        if let key = keeping.key {
            let previous = retained.updateValue(Retained(message: message, conflated: keeping.isConflated), forKey: key)
            footprint += footprint(of: message) - (previous.map { footprint(of: $0.message) } ?? 0)
        }
        guard !keeping.isConflated else { return }
        log.append(message)
        logBytes += message.data.utf8.count
        footprint += footprint(of: message)
        trim()
    }

    private mutating func trim() {
        while log.count > max(retention.messages, 0) || (logBytes > retention.bytes && log.count > 1) {
            let oldest = log.removeFirst()
            trimmed = oldest.offset
            logBytes -= oldest.data.utf8.count
            footprint -= footprint(of: oldest)
        }
    }

    private func footprint(of message: Message) -> Int { Footprint.message(dataBytes: message.data.utf8.count) }
}

extension MemoryChannel {
    var status: ChannelStatus {
        ChannelStatus(
            channel: name, epoch: epoch, top: top, trimmed: trimmed, closed: closed, fence: fence,
            retained: retained.values.map(\.message).sorted { $0.offset < $1.offset }
        )
    }

    var summary: ChannelSummary { ChannelSummary(channel: name, epoch: epoch, top: top, closed: closed) }
}
