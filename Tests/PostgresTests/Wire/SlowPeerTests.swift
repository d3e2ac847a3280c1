import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct SlowPeerTests {
    @Test func largeValuesPassASlowPeerAsLongAsItMoves() async throws {
        try await PostgresServer.run { server in
            let proxy = try SlowProxy(to: server.port)
            defer { proxy.stop() }
            try await PostgresConnection.run("postgres://postgres@127.0.0.1:\(proxy.port)/postgres") { connection in
                let large = [UInt8](repeating: 7, count: 16 << 20)
                let began = ContinuousClock.now
                let rows = try await connection.query(
                    Query("SELECT $1::bytea", [.bytes(large)]), timeout: .seconds(2))
                #expect(rows.bytes(0, 0) == large)
                #expect(ContinuousClock.now - began > .seconds(4))
            }
        }
    }
}
