import BrokerCore
import Testing

@testable import RedisBroker

@Suite struct CommandsUnderWayTests {
    private let seen = Locked<[[RedisConnection.Answer]]>([])

    private func add(_ count: Int, to underWay: inout CommandsUnderWay, end: UInt64 = 0) {
        let commands = Array(repeating: Command("X"), count: count)
        underWay.add(Submission(commands) { [seen] answers in seen.withLock { $0.append(answers) } }, end: end)
    }

    @Test func `answers go to the oldest, and are given when all of its commands have one`() {
        var underWay = CommandsUnderWay()
        add(2, to: &underWay, end: 10)
        add(1, to: &underWay, end: 15)
        #expect(underWay.firstEnd == 10)
        guard case .more = underWay.answer(.integer(1)) else {
            Issue.record("one is missing")
            return
        }
        guard case .whole(let first) = underWay.answer(.error("ERR no")) else {
            Issue.record("both are there")
            return
        }
        #expect(first.answers == [.success(.integer(1)), .failure(.refused("ERR no"))])
        #expect(underWay.firstEnd == 15)
        guard case .whole(let second) = underWay.answer(.null) else {
            Issue.record("it is there")
            return
        }
        #expect(second.answers == [.success(.null)] && underWay.isEmpty)
        guard case .unasked = underWay.answer(.null) else {
            Issue.record("nothing asked for it")
            return
        }
    }

    @Test func `at the end what was answered stays answered, and the rest fails in order`() {
        var underWay = CommandsUnderWay()
        add(2, to: &underWay)
        add(1, to: &underWay)
        _ = underWay.answer(.integer(1))
        let error = RedisError.unreachable(reason: "gone")
        underWay.fail(error)
        #expect(seen.withLock { $0 } == [[.success(.integer(1)), .failure(error)], [.failure(error)]])
        #expect(underWay.isEmpty)
    }
}
