import Testing

@testable import PostgresBroker

@Suite struct PublishPaceTests {
    private let start = ContinuousClock.now

    @Test func `What comes to a queue at rest goes at once`() {
        var pace = PublishPace()
        #expect(pace.time(waiting: 1) == nil)
        pace.sent(now: start)
        pace.answered(100, since: start, waiting: 0, now: start + .milliseconds(8))
        let time = pace.time(waiting: 1)
        #expect(time.map { $0 <= start + .milliseconds(10) } == true)
    }

    @Test func `While a call is under way another goes with many, or when the first takes long`() {
        var pace = PublishPace()
        pace.sent(now: start)
        #expect(pace.time(waiting: PublishPace.worthAnotherCall) == nil)
        #expect(pace.time(waiting: PublishPace.worthAnotherCall - 1) == start + PublishPace.longCall)
    }

    @Test func `Those who were answered are waited for, with those who wait, for a part of the time of their call`() {
        var pace = PublishPace()
        pace.sent(now: start)
        let end = start + .milliseconds(4)
        pace.answered(10, since: start, waiting: 5, now: end)
        #expect(pace.time(waiting: 14) == end + .milliseconds(1))
        #expect(pace.time(waiting: 15) == nil)
    }

    @Test func `No one is waited for longer than the bound, nor more than a call can carry`() {
        var pace = PublishPace()
        pace.sent(now: start)
        let end = start + .seconds(1)
        pace.answered(PublishCall.maximumPublications, since: start, waiting: 100, now: end)
        #expect(pace.time(waiting: 1) == end + PublishPace.longestGathering)
        #expect(pace.time(waiting: PublishCall.maximumPublications) == nil)
    }

    @Test func `One publisher alone never waits for others`() {
        var pace = PublishPace()
        for turn in 0..<3 {
            let sent = start + .seconds(turn)
            #expect(pace.time(waiting: 1) == nil)
            pace.sent(now: sent)
            pace.answered(1, since: sent, waiting: 0, now: sent + .milliseconds(5))
        }
    }
}
