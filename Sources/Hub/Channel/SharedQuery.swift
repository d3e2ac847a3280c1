package import BrokerCore

/// The question to the broker that serves the most of those who wait: one query for all who ask at once.
package enum SharedQuery {
    /// The start from which one recovery answers as many of `asks` as can be; `nil` if nobody asks.
    ///
    /// One reader alone gets just what it asked for. Positions of one epoch are all served by a query from the lowest
    /// of them; a mixture is served by a query for everything, which also tells what the broker's epoch is now.
    package static func start(for asks: some Collection<Start>) -> Start? {
        guard let first = asks.first else { return nil }
        if asks.dropFirst().allSatisfy({ $0 == first }) { return first }
        return lowest(asks) ?? commonest(asks)
    }

    /// The start for those whom one recovery has not served: one of them at least, and as many of `first`'s kind as can be.
    package static func start(beside first: Start, among asks: some Collection<Start>) -> Start {
        guard case .after(var lowest) = first, lowest != .origin else { return first }
        for case .after(let position) in asks where position.epoch == lowest.epoch && position.offset < lowest.offset {
            lowest = position
        }
        return .after(lowest)
    }

    private static func lowest(_ asks: some Collection<Start>) -> Start? {
        var lowest: Position?
        for ask in asks {
            switch ask {
            case .latest: continue
            case .earliest, .last: return nil
            case .after(let position):
                guard position != .origin, lowest == nil || lowest?.epoch == position.epoch else { return nil }
                if position.offset < lowest?.offset ?? .max { lowest = position }
            }
        }
        return lowest.map(Start.after)
    }

    /// Everything serves all but those who want the last so many; if nobody else is left, they are served one kind at a time.
    private static func commonest(_ asks: some Collection<Start>) -> Start? {
        let others = asks.contains { if case .last = $0 { false } else { true } }
        return others ? .earliest : asks.first
    }
}
