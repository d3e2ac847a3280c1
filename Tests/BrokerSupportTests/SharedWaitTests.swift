import BrokerSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SharedWaitTests {
    @Test func `Whoever waits goes on when someone has reached the server`() async {
        let shared = SharedWait()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { await shared.wait(.seconds(3600), since: 0) } }
            group.addTask { shared.noteArrival() }
        }
        #expect(shared.arrivals == 1)
    }

    @Test func `Who knows of all arrivals waits, and who does not goes on at once`() async {
        let shared = SharedWait()
        shared.noteArrival()
        await shared.wait(.seconds(3600), since: 0)
        let start = ContinuousClock.now
        await shared.wait(.milliseconds(50), since: 1)
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func `A wait ends with its task`() async {
        let waiting = Task { await SharedWait().wait(.seconds(3600), since: 0) }
        waiting.cancel()
        await waiting.value
    }
}
