import BrokerConformance
import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// The list that `telltale verify` runs, on one server; the other set-ups are verified by the integration tests.
@Suite(.timeLimit(.minutes(3))) struct PostgresConformanceTests {
    @Test(arguments: PostgresOptions.Publish.allCases)
    func `A broker keeps every promise`(_ publish: PostgresOptions.Publish) async throws {
        try await PostgresServer.run { server in
            let options = try PostgresOptions(url: server.url, publish: publish)
            let runner = ConformanceRunner { settings in
                return ConformanceHandles(
                    writer: try await PostgresBroker.open(options, settings: settings, logger: .silent),
                    reader: try await PostgresBroker.open(options, settings: settings, logger: .silent)
                ) { try await PostgresBroker.remove(options) }
            }
            let report = await runner.run()
            #expect(report.succeeded, "\(report.text)")
        }
    }
}
