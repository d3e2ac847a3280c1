import Testing

@testable import PostgresBroker

@Suite struct PaceTests {
    @Test func `the relay looks again soon after it found something, and ever more seldom after nothing`() {
        var pace = RelayPace(longest: .milliseconds(50))
        #expect(pace.next(found: 1, goesOn: false) == .milliseconds(2))
        let waits = (0..<7).map { _ in pace.next(found: 0, goesOn: false) }
        #expect(waits == [4, 8, 16, 32, 50, 50, 50].map { .milliseconds($0) })
        #expect(pace.next(found: 3, goesOn: false) == .milliseconds(2))
    }

    @Test func `the relay does not wait in the middle of a round`() {
        var pace = RelayPace(.notify)
        #expect(pace.next(found: 1000, goesOn: true) == .zero)
        #expect(pace.next(found: 0, goesOn: true) == .zero)
    }

    @Test func `a relay that is woken looks again soon`() {
        var pace = RelayPace(.notify)
        for _ in 0..<20 { _ = pace.next(found: 0, goesOn: false) }
        #expect(pace.next(found: 0, goesOn: false) == .milliseconds(500))
        pace.wake()
        #expect(pace.next(found: 0, goesOn: false) == .milliseconds(4))
    }

    @Test func `cleaning goes on while there is much, each second while there is some, and else seldom`() {
        let batch = CleaningPace.batch
        #expect(CleaningPace.wait(after: batch, took: .milliseconds(300)) == .milliseconds(300))
        #expect(CleaningPace.wait(after: batch * 2, took: .zero) == .milliseconds(10))
        #expect(CleaningPace.wait(after: batch, took: .seconds(9)) == .seconds(1))
        #expect(CleaningPace.wait(after: 1, took: .milliseconds(1)) == .seconds(1))
        #expect(CleaningPace.wait(after: 0, took: .milliseconds(1)) == .seconds(10))
    }

    @Test func `a bell that rang before the wait ends it at once, and one wait only`() async {
        let bell = Bell()
        bell.ring()
        bell.ring()
        #expect(await bell.wait(atMost: .seconds(60)))
        #expect(await !bell.wait(atMost: .milliseconds(1)))
    }

    @Test func `a bell ends the wait that it rings in, and so does cancellation`() async {
        let bell = Bell()
        let waiting = Task { await bell.wait(atMost: .seconds(60)) }
        let ringing = Task {
            try? await Task.sleep(for: .milliseconds(20))
            bell.ring()
        }
        #expect(await waiting.value)
        await ringing.value
        let cancelled = Task { await bell.wait(atMost: .seconds(60)) }
        cancelled.cancel()
        #expect(await !cancelled.value)
    }
}
