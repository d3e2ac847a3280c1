import BrokerCore

@testable import MemoryBroker

/// What was ever published on a channel, through all its lives, and the channel as the broker has it now.
struct Truth {
    struct Entry {
        var data: String
        var key: RetainKey?
        var conflated: Bool
        var closes: Bool
    }

    static let name = ChannelName.named("c")

    private(set) var channel: MemoryChannel?
    /// The messages of every epoch, from offset 1 on.
    private(set) var entries: [Epoch: [Entry]] = [:]
    /// The highest logged offset that each life has removed.
    private(set) var trimmed: [Epoch: UInt64] = [:]
    private(set) var deleted: Set<Epoch> = []
    private let retention: RetentionPolicy
    private var lives = 0
    private var fence: UInt64 = 0
    private var count = 0

    init(keeping messages: Int) {
        retention = RetentionPolicy(messages: messages)
    }

    /// Publishes the next message. A closed channel is opened again by a higher fence.
    mutating func publish(_ keeping: Keeping, closes: Bool = false) -> BrokerEvent {
        if channel == nil { begin() }
        count += 1
        if channel?.closed == true { fence += 1 }
        let publication = Publication(
            channel: Self.name, data: "d\(count)", keeping: keeping, fence: fence > 0 ? fence : nil, closes: closes)
        guard var channel else { preconditionFailure("a life has begun above") }
        let announcement = channel.append(publication, time: 0, now: 0)
        self.channel = channel
        trimmed[channel.epoch] = channel.trimmed
        entries[channel.epoch, default: []].append(
            Entry(
                data: publication.data, key: keeping.key, conflated: keeping.isConflated, closes: closes))
        return .published(announcement)
    }

    private mutating func begin() {
        lives += 1
        fence = 0
        channel = MemoryChannel(name: Self.name, epoch: .named("e\(lives)"), retention: retention)
    }

    /// The channel's time is over. Nobody is told; `announced`: it was deleted, and the event says so.
    mutating func end(announced: Bool) -> BrokerEvent? {
        guard let epoch = channel?.epoch else { return nil }
        channel = nil
        guard announced else { return nil }
        deleted.insert(epoch)
        return .deleted(Self.name, epoch)
    }

    var exists: Bool { channel != nil }
    var isClosed: Bool { channel?.closed ?? false }
    /// Messages in the log.
    var logged: Int { channel?.log.count ?? 0 }
    /// Where a reader stands that has everything.
    var end: Position { channel.map { Position(epoch: $0.epoch, offset: $0.top) } ?? .origin }

    func recover(_ start: Start, limit: RecoveryLimit = .unlimited) -> Recovery {
        channel?.recover(from: start, limit: limit) ?? .absent(from: start)
    }

    func entry(_ position: Position) -> Entry? {
        guard let life = entries[position.epoch], position.offset > 0, position.offset <= life.count else { return nil }
        return life[Int(position.offset) - 1]
    }

    /// Whether a reader may do without the message: a newer one of its key has taken its place.
    func isSuperseded(_ position: Position) -> Bool {
        guard let entry = entry(position), entry.conflated, let life = entries[position.epoch] else { return false }
        return life[Int(position.offset)...].contains { $0.key == entry.key }
    }
}

extension Epoch {
    /// An epoch that is known to be one.
    static func named(_ name: String) -> Epoch {
        guard let epoch = Epoch(name) else { preconditionFailure("no epoch: \(name)") }
        return epoch
    }
}

extension ChannelName {
    /// A name that is known to be one.
    static func named(_ name: String) -> ChannelName {
        guard let name = try? ChannelName(name) else { preconditionFailure("no channel name: \(name)") }
        return name
    }
}

extension RetainKey {
    /// A key that is known to be one.
    static func named(_ name: String) -> RetainKey {
        guard let key = try? RetainKey(name) else { preconditionFailure("no retain key: \(name)") }
        return key
    }
}
