import BrokerCore
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct DescriptorsTests {
    @Test func `a part of the descriptors is kept back, a quarter of few and 256 of many`() {
        #expect(Descriptors.reserve(of: 80) == 20)
        #expect(Descriptors.reserve(of: 1 << 20) == 256)
        #expect(Connections.most(0, descriptors: 80) == 60)
        #expect(Connections.most(1_000_000, descriptors: 10_000) == 10_000 - 256)
        #expect(Connections.most(5, descriptors: 10_000) == 5)
        #expect(Connections.most(0, descriptors: 1) == 1)
    }

    @Test func `open descriptors are counted once an interval, whoever asks`() async {
        let looks = Locked(0)
        let open = OpenDescriptors {
            looks.withLock { $0 += 1 }
            return 7
        }
        let begun = ContinuousClock.now
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { await open.count() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == Array(repeating: 7, count: 100))
        let intervals = Int((ContinuousClock.now - begun) / OpenDescriptors.interval)
        #expect(looks.withLock { $0 } <= 1 + intervals)
    }

    @Test func `the number is that of the process`() async {
        let count = await OpenDescriptors().count()
        #expect(count > 2 && count < Int(clamping: Descriptors.limit))
    }
}
