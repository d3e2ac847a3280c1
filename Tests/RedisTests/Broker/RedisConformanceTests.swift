import BrokerConformance
import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

/// The list that `telltale verify` runs, on one server; the other set-ups are verified by the integration tests.
@Suite(.timeLimit(.minutes(3))) struct RedisConformanceTests {
    @Test func `A broker on one server keeps every promise`() async throws {
        try await RedisServer.run { server in
            let runner = ConformanceRunner { settings in
                let url = try RedisURL("redis://\(server.endpoint)")
                return ConformanceHandles(
                    writer: try await RedisBroker.open(url, settings: settings, logger: .silent),
                    reader: try await RedisBroker.open(url, settings: settings, logger: .silent)
                ) { try await RedisBroker.remove(url) }
            }
            let report = await runner.run()
            #expect(report.succeeded, "\(report.text)")
        }
    }
}
