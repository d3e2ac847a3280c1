import Foundation
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct ConnectTests {
    @Test func theNextHostIsTriedWhenOneRefusesOrIsSilent() async throws {
        let silent = try SlowProxy(to: nil)
        defer { silent.stop() }
        try await PostgresServer.run { server in
            let dead = LoopbackPort.free()
            let hosts = "127.0.0.1:\(dead),127.0.0.1:\(silent.port),localhost:\(server.port)"
            let url = "postgres://postgres@\(hosts)/postgres"
            let connection = try await PostgresConnection.open(url, connectTimeout: .seconds(2))
            #expect(connection.server.host == "localhost" && connection.server.port == server.port)
            connection.close()
        }
    }

    @Test func ofSeveralHostsTheOneThatTakesWritesIsUsedUnlessTheURLSaysElse() async throws {
        var standby = PostgresServerOptions()
        standby.config = ["default_transaction_read_only = on"]
        try await PostgresServer.run(standby) { readOnly in
            try await PostgresServer.run { primary in
                let url = "postgres://postgres@127.0.0.1:\(readOnly.port),127.0.0.1:\(primary.port)/postgres"
                try await PostgresConnection.run(url) { #expect($0.server.port == primary.port) }
                for session in ["any", "read-only", "prefer-standby"] {
                    try await PostgresConnection.run("\(url)?target_session_attrs=\(session)") {
                        #expect($0.server.port == readOnly.port)
                    }
                }
                try await PostgresConnection.run(readOnly.url) { #expect($0.server.port == readOnly.port) }
            }
        }
    }

    @Test func allThatFailedIsToldHostByHost() async throws {
        let silent = try SlowProxy(to: nil)
        defer { silent.stop() }
        let dead = LoopbackPort.free()
        let url = "postgres://postgres:hunter2@127.0.0.1:\(dead),127.0.0.1:\(silent.port)/postgres"
        let error = await PostgresConnection.failure(url, connectTimeout: .seconds(2))
        #expect(
            error?.words == "PostgreSQL at 127.0.0.1:\(dead): Connection refused; PostgreSQL at 127.0.0.1:"
                + "\(silent.port): no connection within 2 s")
        let unknown = await PostgresConnection.failure("postgres://nowhere.invalid/postgres")
        #expect(
            unknown?.words.hasPrefix("PostgreSQL at nowhere.invalid:5432: the host's name can't be resolved: ") == true)
    }

    @Test func aRefusalHasTheServersCodeAndNeverThePassword() async throws {
        var options = PostgresServerOptions()
        options.access = ["host all worker 127.0.0.1/32 scram-sha-256"]
        try await PostgresServer.run(options) { server in
            try await server.sql("CREATE ROLE worker LOGIN PASSWORD 'right'")
            try await PostgresConnection.run(server.url(user: "worker", password: "right")) {
                #expect($0.server.user == "worker")
            }
            let place = "PostgreSQL at 127.0.0.1:\(server.port)"
            let wrong = await PostgresConnection.failure(server.url(user: "worker", password: "hunter2"))
            #expect(wrong?.sqlState == "28P01")
            #expect(wrong?.words.hasPrefix("\(place): password authentication failed for user \"worker\"") == true)
            let none = await PostgresConnection.failure(server.url(user: "worker"))
            #expect(none?.words == "\(place): it wants a password, and none is given [28P01]")
            let nowhere = await PostgresConnection.failure(server.url(password: "hunter2", database: "nowhere"))
            #expect(nowhere?.words == "\(place): database \"nowhere\" does not exist [3D000]")
            let strange = await PostgresConnection.failure(server.url(user: "nobody", password: "hunter2"))
            #expect(strange?.words == "\(place): role \"nobody\" does not exist [28000]")
            for error in [wrong, none, nowhere, strange] { #expect(error?.words.contains("hunter2") == false) }
        }
    }

    @Test func passwordsAndHostsMayStandInFiles() async throws {
        var options = PostgresServerOptions()
        options.access = ["host all worker 127.0.0.1/32 scram-sha-256"]
        try await PostgresServer.run(options) { server in
            try await server.sql("CREATE ROLE worker LOGIN PASSWORD 'right'")
            let (passwords, services) = ("\(server.folder)/pgpass", "\(server.folder)/services")
            try "localhost:\(server.port):*:worker:right\n".write(toFile: passwords, atomically: true, encoding: .utf8)
            chmod(passwords, 0o600)
            try "[here]\nhost=localhost\nport=\(server.port)\nuser=worker\ndbname=postgres\npassfile=\(passwords)\n"
                .write(toFile: services, atomically: true, encoding: .utf8)
            let byName = "host=localhost port=\(server.port) user=worker dbname=postgres passfile=\(passwords)"
            try await PostgresConnection.run(byName) { #expect($0.server.user == "worker") }
            setenv("PGSERVICEFILE", services, 1)
            defer { unsetenv("PGSERVICEFILE") }
            try await PostgresConnection.run("postgres://?service=here") { #expect($0.server.user == "worker") }
            let error = await PostgresConnection.failure("service=nowhere")
            #expect(error?.words == "PostgreSQL: definition of service \"nowhere\" not found")
        }
    }

    @Test func aTaskThatIsCancelledStopsConnectingAtOnce() async throws {
        let silent = try SlowProxy(to: nil)
        defer { silent.stop() }
        let url = "postgres://postgres@127.0.0.1:\(silent.port)/postgres"
        let task = Task { await PostgresConnection.failure(url, connectTimeout: .seconds(60)) }
        task.cancel()
        #expect(await task.value?.words.hasSuffix("connecting was cancelled") == true)
    }

    @Test func connectTimeoutOfTheURLCounts() async throws {
        let silent = try SlowProxy(to: nil)
        defer { silent.stop() }
        let url = "postgres://postgres@127.0.0.1:\(silent.port)/postgres?connect_timeout=1"
        let error = await PostgresConnection.failure(url)
        #expect(error?.words.hasSuffix("no connection within 1 s") == true)
    }
}
