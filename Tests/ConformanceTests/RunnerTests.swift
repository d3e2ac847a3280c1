import BrokerConformance
import BrokerCore
import MemoryBroker
import Testing

@Suite("A run of the conformance suite")
struct RunnerTests {
    private struct Unreachable: Error {}

    @Test("skips every case when the broker can't be opened, and passes none")
    func unreachableAtOpen() async {
        let report = await ConformanceRunner { _ in throw Unreachable() }.run()
        #expect(report.skipped.count == ConformanceSuite.cases.count)
        #expect(!report.succeeded)
        #expect(report.text.hasSuffix("0 passed, 0 failed, \(ConformanceSuite.cases.count) skipped"))
    }

    @Test("skips every case when the broker opens but does not answer")
    func unreachableAtPing() async {
        var runner = ConformanceRunner { settings in
            let handles = openMemory(settings)
            return ConformanceHandles(
                writer: FaultyBroker(handles.writer, fault: AnswersNoPing()),
                reader: FaultyBroker(handles.reader, fault: AnswersNoPing()))
        }
        runner.reachWithin = .milliseconds(200)
        let report = await runner.run()
        #expect(report.skipped.count == ConformanceSuite.cases.count)
        #expect(report.results.allSatisfy { $0.line.contains("no answer") })
    }

    @Test("leaves nothing behind, and touches nobody else's channels")
    func leavesNothing() async throws {
        let store = MemoryStore()
        let mine = MemoryBroker(store: store)
        let channel = try ChannelName("verify-mine:1")
        _ = await mine.publish([Publication(channel: channel, data: "stays")])
        let runner = ConformanceRunner { _ in
            ConformanceHandles(writer: MemoryBroker(store: store), reader: MemoryBroker(store: store))
        }
        let report = await runner.run(ConformanceSuite.cases.filter { $0.name.hasPrefix("publish-") })
        #expect(report.succeeded, "\(report.text)")
        #expect(try await mine.list(ChannelQuery()).map(\.channel) == [channel])
    }

    @Test("leaves nothing behind when it is cancelled in the middle")
    func cancelled() async throws {
        let store = MemoryStore()
        let mine = MemoryBroker(store: store)
        let run = Task {
            await ConformanceRunner { _ in
                ConformanceHandles(writer: MemoryBroker(store: store), reader: MemoryBroker(store: store))
            }.run(ConformanceSuite.cases.filter { $0.name == "expiry-last-message" })
        }
        while try await mine.list(ChannelQuery()).isEmpty { await Task.yield() }
        run.cancel()
        let report = await run.value
        #expect(!report.succeeded)
        #expect(try await mine.list(ChannelQuery()).isEmpty)
    }

    @Test("says what it could not remove, and does not succeed")
    func leavesSomething() async {
        let runner = ConformanceRunner { settings in
            let handles = openMemory(settings)
            return ConformanceHandles(writer: handles.writer, reader: handles.reader) { throw Unreachable() }
        }
        let report = await runner.run(Array(ConformanceSuite.cases.prefix(1)))
        #expect(report.passed.count == 1)
        #expect(!report.succeeded)
        #expect(report.obstacle.map { "\($0)".contains("could not be removed: Unreachable") } == true)
    }

    @Test("removes what opening has put into the broker after its last channel, also when the broker does not answer")
    func removesAtTheEnd() async throws {
        let calls = Locked(0)
        let store = MemoryStore()
        var runner = ConformanceRunner { _ in
            let handles = [MemoryBroker(store: store), MemoryBroker(store: store)].map {
                FaultyBroker($0, fault: AnswersNoPing())
            }
            return ConformanceHandles(writer: handles[0], reader: handles[1]) { calls.withLock { $0 += 1 } }
        }
        runner.reachWithin = .milliseconds(50)
        let report = await runner.run()
        #expect(report.obstacle != nil)
        #expect(calls.withLock { $0 } == 1)
    }

    @Test("names each of its cases once")
    func namesAreUnique() {
        let names = ConformanceSuite.cases.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("reports each result as it comes, and sums up in one line")
    func reports() async throws {
        let cases = Array(ConformanceSuite.cases.prefix(3))
        var lines: [String] = []
        let report = await ConformanceRunner(open: openMemory).run(cases) { lines.append($0.line) }
        #expect(report.succeeded)
        #expect(Set(lines) == Set(report.results.map(\.line)))
        #expect(report.results.map(\.name) == cases.map(\.name))
        let first = try #require(report.results.first)
        #expect(first.line.hasPrefix("✓ \(first.name) — \(first.promise) ("))
        #expect(report.summary == "3 passed, 0 failed, 0 skipped")
    }
}
