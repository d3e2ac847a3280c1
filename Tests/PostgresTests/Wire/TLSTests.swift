import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    private static var options: PostgresServerOptions {
        var options = PostgresServerOptions()
        options.certificateNames = "DNS:localhost"
        options.access = ["hostssl all worker 127.0.0.1/32 scram-sha-256", "hostnossl all worker 127.0.0.1/32 reject"]
        return options
    }

    @Test func aServerIsKnownByItsCertificate() async throws {
        try await PostgresServer.run(Self.options) { server in
            try await server.sql("CREATE ROLE worker LOGIN PASSWORD 'right'")
            let certificates = try #require(server.certificates)
            func url(_ host: String, _ mode: String, _ authority: String) -> String {
                "postgres://worker:right@\(host):\(server.port)/postgres?sslmode=\(mode)&sslrootcert=\(authority)"
            }
            try await PostgresConnection.run(url("localhost", "verify-full", certificates.authority)) { connection in
                #expect(connection.server.isEncrypted)
                let large = [UInt8](repeating: 7, count: 16 << 20)
                let rows = try await connection.query("SELECT $1::bytea", [.bytes(large)])
                #expect(rows.bytes(0, 0) == large)
            }
            let otherName = await PostgresConnection.failure(url("127.0.0.1", "verify-full", certificates.authority))
            #expect(otherName?.words.contains("does not match host name \"127.0.0.1\"") == true)
            let stranger = await PostgresConnection.failure(url("localhost", "verify-full", certificates.stranger))
            #expect(stranger?.words.contains("certificate verify failed") == true)
            let plain = await PostgresConnection.failure(url("localhost", "disable", certificates.authority))
            #expect(plain?.sqlState == "28000" && plain?.words.contains("right") == false)
        }
    }

    @Test func aServerWithoutTLSIsRefusedWhenTheURLWantsIt() async throws {
        try await PostgresServer.run { server in
            let error = await PostgresConnection.failure(server.url(query: "?sslmode=require"))
            #expect(error?.words.contains("server does not support SSL, but SSL was required") == true)
        }
    }
}
