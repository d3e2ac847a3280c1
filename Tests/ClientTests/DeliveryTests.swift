import Synchronization
import Testing

@testable import GatewayClient

/// A gateway that fails as it is told, and remembers idempotency keys.
private final class ScriptedGateway: Carrier {
    enum Step { case take, loseAnswer, refuseConnection, brokerAway, closed }

    private let steps: Mutex<[Step]>
    private let published = Mutex<[UInt64]>([])
    private let ends = Mutex(0)
    let warnings = Mutex<[String]>([])

    init(_ steps: [Step]) { self.steps = Mutex(steps) }

    var numbers: [UInt64] { published.withLock { $0 } }
    /// How often the end was told.
    var ended: Int { ends.withLock { $0 } }

    func settle() throws {
        if steps.withLock({ $0.first == .refuseConnection }) {
            steps.withLock { _ = $0.removeFirst() }
            throw ClientError.unreachable(GatewayAddress("http://gateway")!, reason: "refused")
        }
    }

    func end() { ends.withLock { $0 += 1 } }

    func send(_ batch: [OutboundMessage]) throws -> [Problem?] {
        let step = steps.withLock { $0.isEmpty ? .take : $0.removeFirst() }
        switch step {
        case .refuseConnection: throw ClientError.unreachable(GatewayAddress("http://gateway")!, reason: "refused")
        case .brokerAway: return batch.map { _ in Problem(status: 503, members: ["code": "unavailable"]) }
        case .closed: return batch.map { _ in Problem(status: 409, members: ["code": "closed"]) }
        case .take, .loseAnswer:
            published.withLock { all in all += batch.map(\.number).filter { !all.contains($0) } }
            if step == .loseAnswer { throw ClientError.interrupted(reason: "reset") }
            return batch.map { _ in nil }
        }
    }

    func delivery(of outbox: Outbox) -> Delivery {
        Delivery(outbox, by: self) { line in
            self.warnings.withLock { $0.append(line) }
        }
    }
}

@Suite struct DeliveryTests {
    private func outbox(_ count: Int) -> Outbox {
        let outbox = Outbox()
        for number in 0..<count { outbox.append(line: "\(number)") }
        return outbox
    }

    @Test func `everything arrives once and in order, whatever happens on the way`() async {
        let gateway = ScriptedGateway([.refuseConnection, .loseAnswer, .brokerAway, .take, .loseAnswer])
        let outbox = outbox(600)
        let delivery = gateway.delivery(of: outbox)
        let running = Task { await delivery.run() }
        while gateway.numbers.count < 600 { await Task.yield() }
        delivery.hurry()
        await running.value
        #expect(gateway.numbers == Array(0..<600))
        #expect(gateway.ended == 1)
        #expect(delivery.shortfall == nil)
        #expect(gateway.warnings.withLock { $0.count } == 1)
    }

    @Test func `a gateway that is never there is told of once, and nobody waits for it at the end`() async {
        let gateway = ScriptedGateway(Array(repeating: .refuseConnection, count: 100))
        let outbox = outbox(3)
        let delivery = gateway.delivery(of: outbox)
        let running = Task { await delivery.run() }
        while gateway.warnings.withLock({ $0.isEmpty }) { await Task.yield() }
        #expect(!delivery.isHopeful)
        delivery.hurry()
        await running.value
        #expect(delivery.shortfall == "3 of the messages could not be delivered")
        #expect(gateway.ended == 0)
        #expect(gateway.warnings.withLock { $0.count } == 1)
    }

    @Test func `a closed channel ends the delivery and is told`() async {
        let gateway = ScriptedGateway([.closed])
        let outbox = outbox(2)
        let delivery = gateway.delivery(of: outbox)
        await delivery.run()
        #expect(gateway.numbers.isEmpty)
        #expect(gateway.warnings.withLock { $0.first }?.contains("closed") == true)
        #expect(gateway.ended == 0)
        outbox.append(line: "what comes after is not kept")
        #expect(outbox.count == 0)
        #expect(delivery.shortfall == "2 of the messages could not be delivered")
    }
}
