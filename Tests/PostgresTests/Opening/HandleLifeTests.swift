import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite struct HandleLifeTests {
    @Test func `a handle leaves no session behind, whether it ran or not, and neither does a failed start`()
        async throws
    {
        try await PostgresServer.run { server in
            for _ in 0..<3 { try await withBroker(server.url) { try await $0.ping() } }
            let options = try PostgresOptions(url: server.url)
            _ = try await PostgresBroker.open(options, settings: BrokerSettings(), logger: .silent)
            try await server.sql("DROP FUNCTION telltale.clean")
            #expect(try await refusal(server.url) != nil)
            let sessions = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            let end = ContinuousClock.now + .seconds(20)
            var found = ""
            repeat {
                found = try await server.sql(sessions)
                if found != "1" { try await Task.sleep(for: .milliseconds(20)) }
            } while found != "1" && ContinuousClock.now < end
            // The one that asks.
            #expect(found == "1")
        }
    }
}
