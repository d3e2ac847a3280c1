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
    /// What was published in this life of the channel and is not lost, and in which epoch.
    private var life: [(publication: Publication, epoch: Epoch)] = []
    /// The earlier epochs of each epoch's log, newest first.
    private var predecessors: [Epoch: [Position]] = [:]
    /// The broker's primary was replaced since the last message: the next one begins an epoch.
    private var isReplaced = false

    init(keeping messages: Int) {
        retention = RetentionPolicy(messages: messages)
    }

    /// Publishes the next message. A closed channel is opened again by a higher fence.
    mutating func publish(_ keeping: Keeping, closes: Bool = false) -> BrokerEvent {
        if channel == nil { begin() } else if isReplaced { renew() }
        count += 1
        if channel?.closed == true { fence += 1 }
        let publication = Publication(
            channel: Self.name, data: "d\(count)", keeping: keeping, fence: fence > 0 ? fence : nil, closes: closes)
        guard var channel else { preconditionFailure("a life has begun above") }
        let announcement = channel.append(publication, time: 0, now: 0)
        self.channel = channel
        life.append((publication, channel.epoch))
        trimmed[channel.epoch] = channel.trimmed
        entries[channel.epoch, default: []].append(
            Entry(
                data: publication.data, key: keeping.key, conflated: keeping.isConflated, closes: closes))
        return .published(announcement)
    }

    private mutating func begin() {
        fence = 0
        life = []
        isReplaced = false
        channel = MemoryChannel(name: Self.name, epoch: nextEpoch(), retention: retention)
    }

    private mutating func nextEpoch() -> Epoch {
        lives += 1
        return .named("e\(lives)")
    }

    /// The broker's primary is replaced by one that has not got the last messages, although they were acknowledged.
    mutating func replace(losing messages: Int) {
        guard channel != nil else { return }
        life.removeLast(min(messages, life.count))
        isReplaced = true
        channel = life.last.map { replayed(in: $0.epoch) }
    }

    /// The log goes on in a new epoch.
    private mutating func renew() {
        isReplaced = false
        let (before, epoch) = (end, nextEpoch())
        let channel = replayed(in: epoch)
        self.channel = channel
        predecessors[epoch] = [before] + (predecessors[before.epoch] ?? [])
        entries[epoch] = Array((entries[before.epoch] ?? []).prefix(Int(before.offset)))
        trimmed[epoch] = channel.trimmed
    }

    private func replayed(in epoch: Epoch) -> MemoryChannel {
        var channel = MemoryChannel(name: Self.name, epoch: epoch, retention: retention)
        for (publication, _) in life { _ = channel.append(publication, time: 0, now: 0) }
        return channel
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
        guard let channel else { return .absent(from: start) }
        var recovery = channel.recover(from: local(start), limit: limit)
        recovery.predecessors = predecessors[channel.epoch] ?? []
        if case .after(let asked) = start { recovery.gap?.asked = asked }
        return recovery
    }

    /// A position of an earlier epoch, as one of the present epoch: above the top, if it was lost.
    private func local(_ start: Start) -> Start {
        guard let end = channel.map({ Position(epoch: $0.epoch, offset: $0.top) }), case .after(let asked) = start,
            predecessors[end.epoch]?.contains(where: { $0.epoch == asked.epoch }) ?? false
        else { return start }
        return .after(place(of: asked, in: end.epoch) ?? Position(epoch: end.epoch, offset: end.offset + 1))
    }

    /// The place in an epoch's log that a position means, if it means one.
    func place(of position: Position, in epoch: Epoch) -> Position? {
        position.place(in: epoch, predecessors: predecessors[epoch] ?? [])
    }

    /// Whether two positions are one place of one log.
    func areSame(_ one: Position, _ other: Position) -> Bool {
        place(of: one, in: other.epoch) == other || place(of: other, in: one.epoch) == one
    }

    /// The epochs in which a position has a meaning.
    func epochs(of position: Position) -> [Epoch] {
        [position.epoch] + predecessors.keys.filter { place(of: position, in: $0) != nil }
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
