import RealServers
import Testing

@testable import PostgresBroker

/// Starts against a server or database that can't be used: each says which it is, and what to do.
@Suite struct BadServerTests {
    @Test func `a wrong password, no password, no such role and no such database`() async throws {
        let access = ["host all guarded 127.0.0.1/32 scram-sha-256"]
        try await PostgresServer.run(.init(access: access)) { server in
            try await server.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'")
            try await expectRefusal(
                server.url(user: "guarded", password: "hush"), saying: "password authentication failed",
                "give the role's password")
            try await expectRefusal(server.url(user: "guarded"), saying: "it wants a password", "give the role's")
            try await expectRefusal(
                server.url(user: "nobody-here"), saying: "role \"nobody-here\" does not exist", "CREATE ROLE")
            try await expectRefusal(
                server.url(database: "nowhere"), saying: "database \"nowhere\" does not exist", "CREATE DATABASE")
            #expect(try await refusal(server.url(user: "guarded", password: "right")) != nil)
        }
    }

    @Test func `a server that is not there`() async throws {
        let port = LoopbackPort.free()
        try await expectRefusal(
            "postgres://user:hush@127.0.0.1:\(port)/db", saying: "user@127.0.0.1:\(port)/db", "Connection refused",
            "see that a server runs")
        try await expectRefusal("postgres://user:hush@host.invalid/db", saying: "host.invalid", "see that it is right")
    }

    @Test func `an sslmode that the server does not go along with`() async throws {
        try await PostgresServer.run { server in
            try await expectRefusal(
                server.url(query: "?sslmode=require"), saying: "does not support SSL", "set sslmode=disable")
        }
        let access = ["hostssl all all 127.0.0.1/32 trust", "host all all 127.0.0.1/32 reject"]
        try await PostgresServer.run(.init(access: access, certificateNames: "DNS:elsewhere")) { server in
            try await expectRefusal(
                server.url(query: "?sslmode=disable"), saying: "no encryption", "set sslmode=require")
            let authority = try #require(server.certificates).authority
            try await expectRefusal(
                server.url(query: "?sslmode=verify-full&sslrootcert=\(authority)"), saying: "does not match host name",
                "sslmode=verify-ca")
            let stranger = try #require(server.certificates).stranger
            try await expectRefusal(
                server.url(query: "?sslmode=verify-ca&sslrootcert=\(stranger)"), saying: "certificate verify failed",
                "sslrootcert=FILE")
            try await expectRefusal(
                server.url(query: "?sslmode=verify-ca&sslrootcert=/nowhere.crt"), saying: "root certificate file",
                "sslrootcert=FILE")
        }
    }

    @Test func `a read-only role, and one with another isolation level`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE ROLE careful LOGIN SUPERUSER")
            try await server.sql("ALTER ROLE careful SET default_transaction_read_only = on")
            try await expectRefusal(
                server.url(user: "careful"), saying: "default_transaction_read_only is on",
                "ALTER ROLE careful SET default_transaction_read_only = off")
            try await server.sql("CREATE ROLE strict LOGIN SUPERUSER")
            try await server.sql("ALTER ROLE strict SET default_transaction_isolation = serializable")
            try await expectRefusal(
                server.url(user: "strict"), saying: "\"serializable\"",
                "ALTER ROLE strict SET default_transaction_isolation = 'read committed'")
        }
    }

    @Test func `a database of another encoding`() async throws {
        try await PostgresServer.run { server in
            try await server.sql(
                "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
            try await expectRefusal(
                server.url(database: "latin"), saying: "database latin has the encoding LATIN1", "UTF8")
        }
    }

    @Test func `a server that is too old, and a standby`() {
        var facts = ServerFacts(
            version: 130_000, versionName: "13.0", encoding: "UTF8", isStandby: false, isReadOnly: false,
            isolation: "read committed", user: "u", database: "d", identity: "i")
        #expect(facts.problem == nil)
        facts.isStandby = true
        #expect(facts.problem?.contains("it is a standby") == true)
        (facts.version, facts.versionName) = (120_022, "12.22")
        #expect(facts.problem == "it runs PostgreSQL 12.22: 13 or later is needed")
    }

    @Test func `a server that has no connection left`() async throws {
        let config = ["max_connections = 6", "superuser_reserved_connections = 0", "max_wal_senders = 0"]
        try await PostgresServer.run(.init(config: config)) { server in
            try await expectRefusal(server.url, saying: "max_connections")
        }
    }

    @Test func `a schema that another program has filled`() async throws {
        try await PostgresServer.run { server in
            try await server.sql("CREATE SCHEMA telltale CREATE TABLE channel (a int)")
            try await expectRefusal(server.url, saying: "holds what is not Telltale's", "broker.postgres.schema")
            // Nor are others' rights taken away in a schema that everyone uses.
            try await server.sql("CREATE TABLE public.app (a int); GRANT SELECT ON public.app TO PUBLIC")
            try await expectRefusal(server.url, schema: "public", saying: "holds what is not Telltale's")
            let may = try await server.sql("SELECT has_table_privilege('pg_monitor', 'public.app', 'SELECT')")
            #expect(may == "t")
        }
    }
}
