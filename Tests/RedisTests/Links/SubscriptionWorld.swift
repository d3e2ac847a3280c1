import BrokerConformance
import BrokerCore
import BrokerSupport

@testable import RedisBroker

/// A server, a connection that can break at any byte, publishers, and readers which believe what the table says. Chance
/// decides what happens next. Readers find a hole where continuity was said to hold.
struct SubscriptionWorld {
    enum Line: Equatable {
        case subscribed(ChannelName), unsubscribed(ChannelName), refused(String)
        case message(ChannelName, Int)
    }

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

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
    private var published: [ChannelName: Int] = [:]
    // The readers: whom attach has been promised, and how far each has read.
    private var attaching: [SubscriptionTable.Waiter: Set<ChannelName>] = [:]
    private var read: [ChannelName: Int] = [:]
    private var continuity = Continuity()
    private var handedBack: Set<ChannelName> = []
    private var waiters = 0

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
        guard attaching.isEmpty else { throw Broken(description: "attach was never done: \(attaching)") }
        guard table.phase == .up, table.owed == 0 else { throw Broken(description: "still \(table.phase)") }
        guard served == Set(read.keys) else { throw Broken(description: "subscribed \(served), wanted \(read.keys)") }
        for (name, seen) in read {
            guard !continuity.isLost(on: name) else { throw Broken(description: "\(name) is not restored") }
            guard seen == published[name, default: 0] else { throw Broken(description: "\(name) lacks its end") }
        }
    }

    private mutating func some() -> [ChannelName] {
        (0...chance.below(3)).map { _ in names[chance.below(names.count)] }
    }
}

// MARK: What happens

extension SubscriptionWorld {
    private mutating func attach(_ wanted: [ChannelName]) throws {
        waiters += 1
        let fresh = wanted.filter { !handedBack.contains($0) }
        attaching[waiters] = Set(fresh)
        try follow(table.attach(fresh, waiter: waiters))
    }

    private mutating func detach(_ unwanted: [ChannelName]) throws {
        for name in unwanted where !handedBack.contains(name) {
            read[name] = nil
            for waiter in attaching.keys { attaching[waiter]?.remove(name) }
        }
        try follow(table.detach(unwanted.filter { !handedBack.contains($0) }))
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
        published[name, default: 0] += 1
        if served.contains(name) { lines.append(.message(name, published[name, default: 0])) }
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

    private static func event(_ name: ChannelName, _ number: Int) throws -> BrokerEvent {
        guard let epoch = Epoch("e") else { throw Broken(description: "no epoch") }
        let message = Message(
            channel: name, epoch: epoch, offset: UInt64(number), event: .message, data: "", format: .text, time: 0,
            retain: nil)
        return .published(Announcement(message: message, conflated: false, closes: false))
    }

    private mutating func follow(_ effects: SubscriptionTable.Effects) throws {
        for event in effects.events { try believe(event) }
        for command in effects.commands where isConnected { commands.append(command) }
        handedBack.formUnion(effects.handedBack)
        if let words = effects.drop { throw Broken(description: "dropped: \(words)") }
        for waiter in effects.finished {
            for name in attaching.removeValue(forKey: waiter) ?? [] where read[name] == nil { recover(name) }
        }
    }

    private mutating func recover(_ name: ChannelName) { read[name] = published[name, default: 0] }

    private mutating func believe(_ event: BrokerEvent) throws {
        continuity.note(event)
        switch event {
        case .continuityRestored(.everything): for name in read.keys { recover(name) }
        case .continuityRestored(.channels(let names)): for name in names where read[name] != nil { recover(name) }
        case .published(let announcement):
            let (name, number) = (announcement.message.channel, Int(announcement.message.offset))
            guard let seen = read[name], number > seen else { return }
            guard number == seen + 1 || continuity.isLost(on: name) else {
                throw Broken(description: "\(name): \(number) came after \(seen)")
            }
            read[name] = number
        case .deleted, .continuityLost: break
        }
    }
}
