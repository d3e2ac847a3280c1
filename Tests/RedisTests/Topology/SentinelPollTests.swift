import Testing

@testable import RedisBroker

@Suite struct SentinelPollTests {
    private static let old = Endpoint.host("10.0.0.1", port: 6379)
    private static let new = Endpoint.host("10.0.0.2", port: 6379)
    private let down = SentinelAnswer.failed(.unreachable(reason: "connection refused"))

    private func outcome(_ answers: SentinelAnswer..., asked: Int = 3) throws(RedisError) -> Endpoint {
        var poll = SentinelPoll(
            sentinels: (1...asked).map { .host("s\($0)", port: 26_379) }, master: "mymaster")
        for answer in answers {
            if poll.add(answer) { break }
        }
        return try poll.outcome()
    }

    @Test func `A sentinel that was cut off with the old primary is not believed`() throws {
        #expect(try outcome(.primary(Self.old, epoch: 1), .primary(Self.new, epoch: 2)) == Self.new)
        #expect(try outcome(.primary(Self.new, epoch: 2), .primary(Self.old, epoch: 1)) == Self.new)
    }

    @Test func `A majority suffices, and less than that when no more answer`() throws {
        var poll = SentinelPoll(sentinels: [Self.old, Self.new, .unix("/s")], master: "m")
        let enough = [poll.add(.primary(Self.old, epoch: 1)), poll.add(down), poll.add(down)]
        #expect(enough == [false, false, true])
        #expect(try poll.outcome() == Self.old)
        var quick = SentinelPoll(sentinels: [Self.old, Self.new, .unix("/s")], master: "m")
        let quickly = [quick.add(.primary(Self.old, epoch: 1)), quick.add(.stranger)]
        #expect(quickly == [false, true])
        #expect(try quick.outcome() == Self.old)
    }

    @Test func `That no sentinel knows the master is told`() {
        #expect(
            throws: RedisError.unusable(
                "the sentinels (s1:26379) do not know the master mymaster: the name is that of their `sentinel monitor` line"
            )
        ) { try outcome(.stranger, asked: 1) }
    }

    @Test func `That no sentinel can be reached is told`() {
        #expect(
            throws: RedisError.unreachable(
                reason: "no sentinel can be reached (s1:26379, s2:26379): connection refused")
        ) { try outcome(down, down, asked: 2) }
    }

    @Test func `What the operator can mend comes before what may pass`() {
        #expect(throws: RedisError.unusable("a wrong password")) {
            try outcome(down, .failed(.unusable("a wrong password")), down)
        }
    }

    @Test func `An address and its epoch are read`() {
        let sentinel = Endpoint.host("s", port: 1)
        let address = Reply.array([.bulk("10.0.0.1"), .bulk("6379")])
        let fields = Reply.array(["name", "mymaster", "config-epoch", "12"].map(Reply.bulk))
        #expect(
            SentinelAnswer([.success(address), .success(fields)], from: sentinel) == .primary(Self.old, epoch: 12))
        #expect(
            SentinelAnswer([.success(address), .failure(.refused("NOPERM"))], from: sentinel)
                == .primary(Self.old, epoch: 0))
        #expect(SentinelAnswer([.success(.null), .failure(.refused("ERR"))], from: sentinel) == .stranger)
        guard case .failed(.unusable) = SentinelAnswer([.success(.status("OK"))], from: sentinel),
            case .failed(.unusable) = SentinelAnswer([.success(.array([.bulk("a"), .bulk("b")]))], from: sentinel),
            case .failed(.unusable) = SentinelAnswer([.failure(.refused("NOAUTH"))], from: sentinel)
        else {
            Issue.record("another answer is taken for an address")
            return
        }
    }
}
