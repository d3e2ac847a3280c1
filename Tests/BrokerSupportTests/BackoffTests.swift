import BrokerSupport
import Testing

@Suite struct BackoffTests {
    @Test func `The bound doubles with each failure, up to the longest`() {
        var backoff = Backoff()
        let waits = (0..<8).map { _ in backoff.next(1) }
        #expect(waits.prefix(3) == [.milliseconds(50), .milliseconds(100), .milliseconds(200)])
        #expect(waits.suffix(2) == [Backoff.longest, Backoff.longest])
    }

    @Test func `A wait is anything from nothing up to the bound`() {
        var backoff = Backoff()
        #expect(backoff.next(0) == .zero)
        #expect(backoff.next(0.5) == .milliseconds(50))
        for _ in 0..<100 { #expect((.zero...Backoff.longest).contains(backoff.next())) }
    }

    @Test func `Only a connection that lasted brings back the first bound`() {
        var backoff = Backoff()
        for _ in 0..<5 { _ = backoff.next(1) }
        backoff.ended(after: .seconds(1))
        #expect(backoff.next(1) > Backoff.first)
        backoff.ended(after: Backoff.settled)
        #expect(backoff.next(1) == Backoff.first)
    }
}
