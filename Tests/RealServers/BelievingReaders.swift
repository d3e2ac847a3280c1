package import BrokerCore

/// A server's channels, and readers of them who believe what they are told: for tests in which chance decides what
/// happens next. They find a hole where continuity was said to hold.
package struct BelievingReaders {
    /// A promise that was not kept.
    package struct Broken: Error, CustomStringConvertible {
        package let description: String

        /// - Parameter description: which promise.
        package init(_ description: String) { self.description = description }
    }

    /// How far each reader has read, by channel.
    package private(set) var read: [ChannelName: UInt64] = [:]
    private var published: [ChannelName: UInt64] = [:]
    /// The channels that each waiter has been promised.
    private var attaching: [Int: Set<ChannelName>] = [:]
    private var waiters = 0
    private var continuity = Continuity()

    /// Nobody reads, and nothing has been published.
    package init() {}

    /// Publishes some messages on a channel, and gives their offsets.
    package mutating func publish(_ count: Int, on name: ChannelName) -> ClosedRange<UInt64> {
        let first = published[name, default: 0] + 1
        let last = first + UInt64(count) - 1
        published[name] = last
        return first...last
    }

    /// Readers ask for these channels. Gives the number under which they wait.
    package mutating func attach(_ names: [ChannelName]) -> Int {
        waiters += 1
        attaching[waiters] = Set(names)
        return waiters
    }

    /// What the waiter has been promised stands: its readers begin where the channels are.
    package mutating func attached(_ waiter: Int) {
        for name in attaching.removeValue(forKey: waiter) ?? [] where read[name] == nil { recover(name) }
    }

    /// The readers of these channels go, and so do those who wait for them.
    package mutating func detach(_ names: [ChannelName]) {
        for name in names {
            read[name] = nil
            for waiter in attaching.keys { attaching[waiter]?.remove(name) }
        }
    }

    /// - Throws: ``Broken`` where an announcement does not follow the last one.
    package mutating func believe(_ event: BrokerEvent) throws {
        continuity.note(event)
        switch event {
        case .continuityRestored(.everything): for name in read.keys { recover(name) }
        case .continuityRestored(.channels(let names)): for name in names where read[name] != nil { recover(name) }
        case .published(let announcement):
            let (name, number) = (announcement.message.channel, announcement.message.offset)
            guard let seen = read[name], number > seen else { return }
            guard number == seen + 1 || continuity.isLost(on: name) else {
                throw Broken("\(name): \(number) came after \(seen)")
            }
            read[name] = number
        case .deleted, .continuityLost: break
        }
    }

    /// Nothing is under way any more.
    /// - Parameter names: channels on which continuity must hold; `nil`: those that are read.
    /// - Throws: ``Broken`` where a promise is still open.
    package func rest(restored names: [ChannelName]? = nil) throws {
        guard attaching.isEmpty else { throw Broken("attach was never done: \(attaching)") }
        for name in names ?? Array(read.keys) where continuity.isLost(on: name) {
            throw Broken("\(name) is not restored")
        }
        for (name, seen) in read where seen != published[name, default: 0] { throw Broken("\(name) lacks its end") }
    }

    private mutating func recover(_ name: ChannelName) { read[name] = published[name, default: 0] }
}
