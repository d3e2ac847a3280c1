import BrokerConformance
import BrokerCore
import BrokerRegistry
import Testing

/// The very list that `telltale verify` runs, case by case.
@Suite("The memory broker keeps every promise")
struct MemoryConformanceTests {
    @Test(arguments: ConformanceSuite.cases)
    func keeps(_ promise: ConformanceCase) async throws {
        let runner = ConformanceRunner { settings in
            let sandbox = try BrokerRegistry(settings: settings).backend(for: "memory:").sandbox()
            return ConformanceHandles(
                writer: try await sandbox.open(), reader: try await sandbox.open(), remove: sandbox.remove)
        }
        let report = await runner.run([promise])
        #expect(report.succeeded, "\(report.text)")
    }
}
