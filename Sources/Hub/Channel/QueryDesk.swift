import BrokerCore

/// Who waits for the broker's answer on one channel. One query is under way at a time; those who ask meanwhile share the next.
struct QueryDesk {
    /// The first pause after the broker could not answer, and the longest, in milliseconds.
    static let firstPause: Int64 = 50
    static let longestPause: Int64 = 2_000
    /// So many queries in a row may serve others better than the one who has waited longest.
    static let patience = 8

    /// Those whose question is not yet on its way.
    var waiting: [Subscription] = []
    /// Something was announced since the query was begun.
    var isDisturbed = false
    /// Counts the queries, so that the answer to a discarded one is known as such.
    private(set) var current: UInt64 = 0
    private(set) var isUnderWay = false
    private var asked: [Subscription] = []
    /// How many queries in a row have left somebody unserved. Who was is the first of those who wait.
    private var owing = 0
    private var pause = QueryDesk.firstPause

    /// Begins the query that serves the most of those who wait. `nil` if there is nothing to ask, or one is under way.
    mutating func begin() -> Start? {
        guard !isUnderWay else { return nil }
        waiting.removeAll { $0.state.asked == nil }
        let asks = waiting.lazy.compactMap(\.state.asked)
        guard let first = asks.first, let start = owing == 0 ? SharedQuery.start(for: asks) : next(first, asks) else {
            return nil
        }
        asked = waiting
        waiting = []
        isUnderWay = true
        isDisturbed = false
        current += 1
        return start
    }

    /// The query under way was answered: those it was for.
    mutating func answered() -> [Subscription] {
        pause = Self.firstPause
        isUnderWay = false
        defer { asked = [] }
        return asked
    }

    /// The query under way has failed: all wait again. How long to pause before the next, in milliseconds, with some chance in it.
    mutating func failed() -> Int64 {
        discard()
        defer { pause = min(pause * 2, Self.longestPause) }
        return Int64.random(in: pause / 2...pause)
    }

    /// The answer to the query under way is of no use any more.
    mutating func discard() {
        waiting = asked + waiting
        asked = []
        isUnderWay = false
        current += 1
    }

    /// The query did not serve these: they wait again, before all others.
    mutating func missed(_ subscriptions: [Subscription]) {
        waiting = subscriptions + waiting
        owing = subscriptions.isEmpty ? 0 : owing + 1
    }

    private func next(_ first: Start, _ asks: some Collection<Start>) -> Start {
        owing.isMultiple(of: Self.patience) ? first : SharedQuery.start(beside: first, among: asks)
    }

    mutating func takeWaiting() -> [Subscription] {
        defer { waiting = [] }
        return waiting
    }
}
