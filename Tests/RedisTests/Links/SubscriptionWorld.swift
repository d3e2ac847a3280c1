import BrokerConformance
import BrokerCore
import BrokerSupport
import RealServers

@testable import RedisBroker

/// A server, a connection that can break at any byte, publishers, and readers which believe what the table says. Chance
/// decides what happens next. Readers find a hole where continuity was said to hold.
struct SubscriptionWorld {
    enum Line: Equatable {
        case subscribed(ChannelName), unsubscribed(ChannelName), refused(String)
        case message(ChannelName, UInt64)
    }

    typealias Broken = BelievingReaders.Broken

    private let names: [ChannelName]
    private let scope: SubscriptionTable.Scope
    private var chance: SplitMix64
    private var table: SubscriptionTable

    // The connection: commands on their way, and what the server has said and was not read.
    private var isConnected = false
    private var commands = FIFO<SubscriptionCommand>()
    private var lines: [Line] = []
    // The server.
    private var served: Set<ChannelName> = []
    private var away: Set<ChannelName> = []
    private var readers = BelievingReaders()
    private var handedBack: Set<ChannelName> = []

    init(seed: UInt64, scope: SubscriptionTable.Scope) throws {
        names = try (0..<6).map { try ChannelName("c\($0)") }
        chance = SplitMix64(seed: seed)
        self.scope = scope
        table = SubscriptionTable(scope: scope)
    }

    mutating func step() throws {
        switch chance.below(16) {
        case 0, 1, 2: try attach(some())
        case 3, 4: try detach(some())
        case 5, 6, 7: serve()
        case 8, 9, 10: try readLines(chance.below(lines.count + 1))
        case 11, 12, 13: publish()
        case 14: try isConnected ? lose() : connect()
        default: if scope == .channels { try move() }
        }
    }

    /// All comes to rest; then every promise must be kept.
    mutating func rest() throws {
        if !isConnected { try connect() }
        away = []
        try takeBack()
        while !commands.isEmpty || !lines.isEmpty || !handedBack.isEmpty {
            serve()
            try readLines(lines.count)
            try takeBack()
        }
        guard table.phase == .up, table.owed == 0 else { throw Broken("still \(table.phase)") }
        let wanted = Set(readers.read.keys)
        guard served == wanted else { throw Broken("subscribed \(served), wanted \(wanted)") }
        try readers.rest()
    }

    private mutating func some() -> [ChannelName] {
        (0...chance.below(3)).map { _ in names[chance.below(names.count)] }
    }
}

// MARK: What happens

extension SubscriptionWorld {
    private mutating func attach(_ wanted: [ChannelName]) throws {
        let fresh = wanted.filter { !handedBack.contains($0) }
        try follow(table.attach(fresh, waiter: readers.attach(fresh)))
    }

    private mutating func detach(_ unwanted: [ChannelName]) throws {
        let attached = unwanted.filter { !handedBack.contains($0) }
        readers.detach(attached)
        try follow(table.detach(attached))
    }

    private mutating func connect() throws {
        isConnected = true
        try follow(table.connected())
    }

    private mutating func lose() throws {
        isConnected = false
        (commands, lines, served) = (FIFO(), [], [])
        try follow(table.lost())
    }

    private mutating func publish() {
        let name = names[chance.below(names.count)]
        let offsets = readers.publish(1, on: name)
        if served.contains(name) { lines += offsets.map { .message(name, $0) } }
    }

    /// The server carries out its next command.
    private mutating func serve() {
        guard let command = commands.popFirst() else { return }
        if command.kind == .subscribe, command.channels.contains(where: away.contains) {
            lines.append(.refused("MOVED"))
            return
        }
        for name in command.channels {
            if command.kind == .subscribe { served.insert(name) } else { served.remove(name) }
            lines.append(command.kind == .subscribe ? .subscribed(name) : .unsubscribed(name))
        }
    }

    /// A slot leaves the server, or comes back to it.
    private mutating func move() throws {
        let name = names[chance.below(names.count)]
        if away.remove(name) != nil { return try takeBack() }
        away.insert(name)
        if served.remove(name) != nil { lines.append(.unsubscribed(name)) }
    }

    /// Channels that were handed back are attached where they are now: here again.
    private mutating func takeBack() throws {
        let back = handedBack.subtracting(away)
        handedBack.subtract(back)
        try follow(table.attach(Array(back), waiter: nil, interrupted: true))
    }
}

// MARK: What is heard

extension SubscriptionWorld {
    private mutating func readLines(_ count: Int) throws {
        let batch = Array(lines.prefix(count))
        lines.removeFirst(count)
        var effects = SubscriptionTable.Effects()
        for line in batch {
            switch line {
            case .subscribed(let name): table.subscribed(name, &effects)
            case .unsubscribed(let name): table.unsubscribed(name, &effects)
            case .refused(let words): table.refused(words, &effects)
            case .message(let name, let number): try effects.events.append(Self.event(name, number))
            }
        }
        table.settle(&effects)
        try follow(effects)
    }

    private static func event(_ name: ChannelName, _ number: UInt64) throws -> BrokerEvent {
        guard let epoch = Epoch("e") else { throw Broken("no epoch") }
        let message = Message(
            channel: name, epoch: epoch, offset: number, event: .message, data: "", format: .text, time: 0,
            retain: nil)
        return .published(Announcement(message: message, conflated: false, closes: false))
    }

    private mutating func follow(_ effects: SubscriptionTable.Effects) throws {
        for event in effects.events { try readers.believe(event) }
        for command in effects.commands where isConnected { commands.append(command) }
        handedBack.formUnion(effects.handedBack)
        if let words = effects.drop { throw Broken("dropped: \(words)") }
        for waiter in effects.finished { readers.attached(waiter) }
    }
}
