import BrokerConformance
import BrokerCore
import BrokerSupport
import RealServers

@testable import PostgresBroker

/// A server, a connection that can break at any byte, another for what pointers ask, publishers, and readers which
/// believe what they are told. Chance decides what happens next. Readers find a hole where continuity was said to hold.
struct AnnouncementWorld {
    enum Line {
        case answered(Bucket)
        case section(Section)
    }

    typealias Broken = BelievingReaders.Broken

    private let names: [ChannelName]
    private let epoch: Epoch
    private var chance: SplitMix64
    private var table = ListenTable()
    private var pointers = PointerFetch()

    // The connection: commands on their way, and what the server has said and was not read.
    private var isConnected = false
    private var commands: [ListenTable.Command] = []
    private var lines: [Line] = []
    private var asked: [(ticket: Int, pointer: Pointer)] = []
    // The server.
    private var listened: Set<Bucket> = []
    private var readers = BelievingReaders()

    /// - Parameter names: some of them share a bucket.
    init(seed: UInt64, names: [ChannelName]) throws {
        self.names = names
        chance = SplitMix64(seed: seed)
        guard let epoch = Epoch("e") else { throw Broken("no epoch") }
        self.epoch = epoch
    }

    mutating func step() throws {
        switch chance.below(20) {
        case 0, 1, 2: try attach(some())
        case 3, 4: try detach(some())
        case 5, 6, 7: serve(chance.below(commands.count + 1))
        case 8, 9, 10: try readLines(chance.below(lines.count + 1))
        case 11, 12, 13, 14, 15: publish()
        case 16, 17, 18: try answer()
        default: try isConnected ? lose() : connect()
        }
        guard asked.count <= PointerFetch.maximumUnderway else { throw Broken("\(asked.count) asked") }
    }

    /// All comes to rest; then every promise must be kept.
    mutating func rest() throws {
        if !isConnected { try connect() }
        while !commands.isEmpty || !lines.isEmpty || !asked.isEmpty {
            serve(commands.count)
            try readLines(lines.count)
            try answer()
        }
        guard table.phase == .up else { throw Broken("still \(table.phase)") }
        guard pointers.heldChannels == 0, pointers.heldBytes == 0 else { throw Broken("still held back") }
        let wanted = Set(readers.read.keys.map { Bucket(of: $0) })
        guard listened == wanted else { throw Broken("listens to \(listened), wanted \(wanted)") }
        try readers.rest(restored: names)
    }

    private mutating func some() -> [ChannelName] { (0...chance.below(3)).map { _ in chance.pick(names) } }
}

// MARK: What happens

extension AnnouncementWorld {
    private mutating func attach(_ wanted: [ChannelName]) throws {
        try follow(table.attach(wanted, waiter: readers.attach(wanted)))
    }

    private mutating func detach(_ unwanted: [ChannelName]) throws {
        readers.detach(unwanted)
        pointers.forget(unwanted)
        try follow(table.detach(unwanted))
    }

    private mutating func connect() throws {
        isConnected = true
        try follow(table.connected())
    }

    private mutating func lose() throws {
        isConnected = false
        (commands, lines, listened) = ([], [], [])
        pointers.forgetAll()
        try follow(table.lost())
    }

    /// One notification, which may be a pointer.
    private mutating func publish() {
        let name = chance.pick(names)
        let offsets = readers.publish(1 + chance.below(3), on: name)
        guard listened.contains(Bucket(of: name)) else { return }
        if chance.happens(oneIn: 3) {
            let pointer = Pointer(channel: name, epoch: epoch, first: offsets.lowerBound, last: offsets.upperBound)
            lines.append(.section(.pointer(pointer)))
        } else {
            lines.append(.section(.events(name, offsets.map { event(name, $0) })))
        }
    }

    /// The server carries out some commands, in any order.
    private mutating func serve(_ count: Int) {
        for _ in 0..<count {
            switch commands.remove(at: chance.below(commands.count)) {
            case .listen(let bucket):
                listened.insert(bucket)
                lines.append(.answered(bucket))
            case .unlisten(let bucket):
                listened.remove(bucket)
                lines.append(.answered(bucket))
            }
        }
    }

    /// One question is answered, in any order: with all, with some, with a hole, or not.
    private mutating func answer() throws {
        guard !asked.isEmpty else { return }
        let (ticket, pointer) = asked.remove(at: chance.below(asked.count))
        var offsets = Array(pointer.first...pointer.last)
        switch chance.below(6) {
        case 0: offsets.removeLast(chance.below(offsets.count))
        case 1: offsets.remove(at: chance.below(offsets.count))
        default: break
        }
        let isAnswered = !chance.happens(oneIn: 6)
        var effects = ListenEffects()
        pointers.answered(ticket, isAnswered ? offsets.map(Self.record) : nil, &effects)
        try follow(effects)
    }

    private static func record(_ offset: UInt64) -> Record {
        Record(
            offset: offset, time: 0, event: .message, key: nil, format: .text, conflated: false, closes: false,
            data: "some data")
    }

    private func event(_ name: ChannelName, _ offset: UInt64) -> BrokerEvent {
        .published(Self.record(offset).announcement(on: name, epoch: epoch))
    }
}

// MARK: What is heard

extension AnnouncementWorld {
    private mutating func readLines(_ count: Int) throws {
        let batch = Array(lines.prefix(count))
        lines.removeFirst(count)
        for line in batch {
            switch line {
            case .answered(let bucket): try follow(table.answered(bucket))
            case .section(let section): try take(section)
            }
        }
    }

    private mutating func take(_ section: Section) throws {
        let channel =
            switch section {
            case .events(let channel, _): channel
            case .pointer(let pointer): pointer.channel
            }
        guard table.isWanted(channel) else { return }
        var effects = ListenEffects()
        pointers.take(section, &effects)
        try follow(effects)
    }

    private mutating func follow(_ effects: ListenEffects) throws {
        for event in effects.events { try readers.believe(event) }
        if isConnected { commands += effects.commands }
        asked += effects.fetches
        for waiter in effects.finished { readers.attached(waiter) }
    }
}
