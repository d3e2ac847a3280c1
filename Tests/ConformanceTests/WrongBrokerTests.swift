import BrokerConformance
import Testing

@Suite("The conformance suite catches every broker that")
struct WrongBrokerTests {
    @Test(arguments: WrongBroker.all)
    func catches(_ wrong: WrongBroker) async {
        let cases = ConformanceSuite.cases.filter { wrong.caughtBy.contains($0.name) }
        #expect(cases.count == wrong.caughtBy.count, "the suite has no cases of the names \(wrong.caughtBy)")
        var runner = ConformanceRunner(open: wrong.open)
        // What a wrong broker holds back never comes; its absence is what is waited for.
        runner.patience = .seconds(2)
        let report = await runner.run(cases)
        for result in report.results {
            guard case .failed = result.outcome else {
                Issue.record("a broker that \(wrong) was not caught: \(result.line)")
                continue
            }
        }
    }

    @Test("nothing is found in a broker whose faults are none")
    func control() async {
        let runner = ConformanceRunner { settings in
            let right = openMemory(settings)
            return ConformanceHandles(
                writer: FaultyBroker(right.writer, fault: NoFault()),
                reader: FaultyBroker(right.reader, fault: NoFault()))
        }
        let report = await runner.run()
        #expect(report.succeeded, "\(report.failed.map(\.line))")
    }
}
