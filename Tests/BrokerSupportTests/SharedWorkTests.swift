import BrokerCore
import BrokerSupport
import Testing

@Suite struct SharedWorkTests {
    @Test func `However many ask, the work is under way once, and everyone is given its outcome`() async {
        let work = SharedWork<Int>()
        let running = Locked(0)
        let most = Locked(0)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    await work.run {
                        let now = running.withLock { running in
                            running += 1
                            return running
                        }
                        most.withLock { $0 = max($0, now) }
                        await Task.yield()
                        running.withLock { $0 -= 1 }
                        return 7
                    }
                }
            }
            for await value in group { #expect(value == 7) }
        }
        #expect(most.withLock { $0 } == 1)
    }

    @Test func `Who asks when the work is done has it done anew`() async {
        let work = SharedWork<Int>()
        #expect(await work.run { 1 } == 1)
        #expect(await work.run { 2 } == 2)
    }
}
