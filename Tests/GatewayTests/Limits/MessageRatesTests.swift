import Synchronization
import Testing

@testable import Gateway

@Suite struct MessageRatesTests {
    /// A clock that the test moves.
    private final class Clock: Sendable {
        private let now = Atomic<UInt64>(1_000_000_000_000)

        func advance(milliseconds: UInt64) { now.add(milliseconds * 1_000_000, ordering: .relaxed) }
        func read() -> UInt64 { now.load(ordering: .relaxed) }
    }

    private let clock = Clock()
    private let rates: MessageRates

    init() {
        rates = MessageRates(clock: { [clock] in clock.read() })
    }

    /// How many of so many messages may go.
    private func admitted(_ count: Int, rate: Int, of publisher: String = "a") -> Int {
        (0..<count).count { _ in rates.take(publisher, rate: rate) == nil }
    }

    @Test func `one second's messages may come at once, and no more`() {
        #expect(admitted(50, rate: 10) == 10)
    }

    @Test func `they come back evenly`() {
        #expect(admitted(50, rate: 10) == 10)
        clock.advance(milliseconds: 300)
        #expect(admitted(50, rate: 10) == 3)
        clock.advance(milliseconds: 60_000)
        #expect(admitted(50, rate: 10) == 10)
    }

    @Test func `publishers don't share`() {
        #expect(admitted(50, rate: 10) == 10)
        #expect(admitted(50, rate: 10, of: "b") == 10)
    }

    @Test func `who is refused learns when to come again, and finds it true`() throws {
        #expect(admitted(2, rate: 1) == 1)
        #expect(try #require(rates.take("a", rate: 1)) == 1)
        clock.advance(milliseconds: 1000)
        #expect(rates.take("a", rate: 1) == nil)
    }

    @Test func `who can wait is slowed to the rate, and refused nothing`() {
        #expect(rates.reserve("a", count: 10, rate: 10) == .zero)
        #expect(rates.reserve("a", count: 5, rate: 10) == .milliseconds(500))
        #expect(rates.reserve("a", count: 5, rate: 10) == .seconds(1))
        #expect(rates.take("a", rate: 10) == 2)
        clock.advance(milliseconds: 2000)
        #expect(rates.reserve("a", count: 10, rate: 10) == .zero)
    }

    @Test func `publishers who have gone are forgotten, and a crowd of new ones gets no more than one`() {
        for number in 0..<MessageRates.mostPublishers { _ = rates.take("\(number)", rate: 1) }
        #expect(admitted(100, rate: 1, of: "new") + admitted(100, rate: 1, of: "newer") == 1)
        #expect(rates.publishers <= MessageRates.mostPublishers + 1)
        clock.advance(milliseconds: 1001)
        #expect(admitted(2, rate: 1, of: "newest") == 1)
        #expect(rates.publishers == 1)
    }
}

@Suite struct TallyTests {
    @Test func `what is taken is given back by letting go of it`() {
        let tally = Tally<String>()
        var holds = (0..<3).compactMap { _ in tally.take("a", most: 2) }
        #expect(holds.count == 2)
        #expect(tally.take("b", most: 2) != nil)
        holds.removeLast()
        #expect(tally.count("a") == 1)
        holds.removeAll()
        #expect(tally.keys == 0)
    }

    @Test func `0 is no limit, and is counted all the same`() {
        let tally = Tally<String>()
        let holds = (0..<1000).compactMap { _ in tally.take("a", most: 0) }
        withExtendedLifetime(holds) {
            #expect(holds.count == 1000)
            #expect(tally.take("a", most: 1000) == nil)
        }
    }
}
