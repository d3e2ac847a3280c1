import BrokerConformance
import BrokerCore
import MemoryBroker
import Testing

@Suite("The differential")
struct DifferentialTests {
    private let right = ConformanceRunner { openMemory($0) }

    @Test("finds no difference between two memory brokers", arguments: [1, 2, 3, 4] as [UInt64])
    func equal(seed: UInt64) async throws {
        let difference = try await Differential(seed: seed).run(right, against: right)
        #expect(difference == nil, "\(difference.map(\.description) ?? "")")
    }

    @Test(
        "finds where a wrong broker differs, and finds it again",
        arguments: [
            "reports a gap as complete", "ignores history.bytes", "ignores the fence",
            "keeps conflated messages in the log",
            "forgets retained messages with the log", "lists an open channel as closed", "ignores the idempotency key",
        ])
    func different(name: String) async throws {
        let wrong = try #require(WrongBroker.all.first { $0.description == name })
        let differential = Differential(seed: 7, operations: 2000)
        let first = try #require(try await differential.run(right, against: ConformanceRunner(open: wrong.open)))
        let second = try #require(try await differential.run(right, against: ConformanceRunner(open: wrong.open)))
        #expect(first.step == second.step)
        #expect(first.description == second.description)
        #expect(first.description.contains("seed 7, step \(first.step)"))
    }

    @Test("plays another script for another seed")
    func seeds() async throws {
        let wrong = try #require(WrongBroker.all.first { $0.description == "ignores history.bytes" })
        var steps: Set<Int> = []
        for seed: UInt64 in 1...5 {
            let differential = Differential(seed: seed, operations: 2000)
            steps.insert(
                try #require(try await differential.run(right, against: ConformanceRunner(open: wrong.open))).step)
        }
        #expect(steps.count > 1)
    }
}
