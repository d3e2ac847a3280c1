import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct ConnectionEndTests {
    @Test func theServersLastWordsAreTheReason() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                try await server.sql("SELECT pg_terminate_backend(\(connection.server.processID))")
                let reason = await connection.waitUntilClosed()
                #expect(
                    reason.words == "PostgreSQL at 127.0.0.1:\(server.port): terminating connection due to "
                        + "administrator command [57P01]")
                #expect(await connection.failure("SELECT 1") == reason)
                #expect(!connection.isOpen)
            }
        }
    }

    @Test func whatIsUnderWayFailsWhenTheSessionIsTerminated() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                async let sleeping = connection.failure("SELECT pg_sleep(60)")
                while connection.underWay.queries == 0 { await Task.yield() }
                async let behind = connection.failure("SELECT 1")
                while connection.underWay.queries == 1 { await Task.yield() }
                try await server.sql(
                    """
                    DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep') LOOP
                    PERFORM pg_stat_clear_snapshot(); END LOOP; END $$;
                    SELECT pg_terminate_backend(\(connection.server.processID))
                    """)
                let errors = await [sleeping, behind]
                for error in errors {
                    #expect(error?.sqlState == nil && error?.words.contains("[57P01]") == true)
                }
            }
        }
    }

    @Test func aFastShutdownIsToldAndAServerComesBackForANewConnection() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                await server.shutDown()
                #expect(await connection.waitUntilClosed().words.contains("[57P01]"))
            }
            let refused = await PostgresConnection.failure(server.url)
            #expect(refused?.words.contains("Connection refused") == true)
            try await server.restart()
            try await PostgresConnection.run(server.url) { try await $0.script("SELECT 1") }
        }
    }

    @Test func aCrashEndsTheConnection() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                async let sleeping = connection.failure("SELECT pg_sleep(60)")
                while connection.underWay.queries == 0 { await Task.yield() }
                await server.kill()
                let reason = await connection.waitUntilClosed()
                #expect(reason.sqlState == nil && reason.words.hasPrefix("PostgreSQL at 127.0.0.1:"))
                #expect(await sleeping == reason)
            }
            try await server.restart()
            try await PostgresConnection.run(server.url) { try await $0.script("SELECT 1") }
        }
    }

    @Test func aServerThatStandsStillIsGivenUpInTime() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                server.suspend()
                let began = ContinuousClock.now
                let error = await connection.failure("SELECT 1", timeout: .milliseconds(300))
                #expect(error?.words.hasSuffix("it did not answer within 300 ms") == true)
                #expect(ContinuousClock.now - began >= .milliseconds(300))
                #expect(await connection.waitUntilClosed() == error)
                let refused = await PostgresConnection.failure(server.url, connectTimeout: .milliseconds(300))
                #expect(refused?.words.hasSuffix("no connection within 300 ms") == true)
            }
        }
    }

    @Test func aQueueThatMovesIsNotGivenUp() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let failures = Locked(0)
                for _ in 0..<20 {
                    connection.submit(Query("SELECT pg_sleep(0.3)"), timeout: .seconds(4)) { answer in
                        if answer.failure != nil { failures.withLock { $0 += 1 } }
                    }
                }
                try await connection.query("SELECT 1")
                #expect(failures.withLock { $0 } == 0)
            }
        }
    }

    @Test func closingAnswersEveryone() async throws {
        try await PostgresServer.run { server in
            let connection = try await PostgresConnection.open(server.url)
            async let sleeping = connection.failure("SELECT pg_sleep(60)")
            while connection.underWay.queries == 0 { await Task.yield() }
            connection.close()
            connection.close()
            #expect(await sleeping?.words.hasSuffix("the connection was closed") == true)
            #expect(await connection.waitUntilClosed() == connection.waitUntilClosed())
        }
    }

    @Test func theServerGivesUpWhatTookTooLong() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let error = await connection.failure("SELECT pg_sleep(600)", timeout: .milliseconds(300))
                #expect(error?.words.contains("did not answer within 300 ms") == true)
                try await server.sql(
                    """
                    SET statement_timeout = '20s';
                    DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep') LOOP
                    PERFORM pg_stat_clear_snapshot(); END LOOP; END $$
                    """)
            }
        }
    }
}
