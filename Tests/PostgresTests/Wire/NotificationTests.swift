import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct NotificationTests {
    /// What has come to a connection: notifications, and answers by a number.
    private final class Seen: Sendable {
        enum Event: Hashable { case notified(String), answered(Int) }

        let events: AsyncStream<Event>
        private let continuation: AsyncStream<Event>.Continuation

        init() { (events, continuation) = AsyncStream.makeStream() }

        func notified(_ notifications: [PostgresNotification]) {
            for notification in notifications { continuation.yield(.notified(notification.payload)) }
        }

        func answered(_ number: Int) { continuation.yield(.answered(number)) }

        func take(_ count: Int) async -> [Event] {
            var taken: [Event] = []
            for await event in events.prefix(count) { taken.append(event) }
            return taken
        }
    }

    @Test func notificationsComeWhileNothingIsAsked() async throws {
        try await PostgresServer.run { server in
            let seen = Seen()
            try await PostgresConnection.run(server.url, notifications: seen.notified) { connection in
                try await connection.query("LISTEN \"a b\"")
                for index in 0..<3 { try await server.sql("NOTIFY \"a b\", '\(index)'") }
                #expect(await seen.take(3) == [.notified("0"), .notified("1"), .notified("2")])
            }
        }
    }

    @Test func aNotificationComesBeforeTheAnswerBehindIt() async throws {
        try await PostgresServer.run { server in
            let seen = Seen()
            try await PostgresConnection.run(server.url, notifications: seen.notified) { connection in
                try await connection.query("LISTEN a")
                for index in 0..<3 {
                    connection.submit(Query("NOTIFY a, '\(index)'"), timeout: PostgresConnection.patience) { _ in }
                    connection.submit(Query("SELECT 1"), timeout: PostgresConnection.patience) { _ in
                        seen.answered(index)
                    }
                }
                let order = (0..<3).flatMap { [Seen.Event.notified("\($0)"), .answered($0)] }
                #expect(await seen.take(6) == order)
            }
        }
    }

    @Test func aNotificationSaysWhoSentIt() async throws {
        try await PostgresServer.run { server in
            let (stream, continuation) = AsyncStream<PostgresNotification>.makeStream()
            let notified: @Sendable ([PostgresNotification]) -> Void = { for one in $0 { continuation.yield(one) } }
            try await PostgresConnection.run(server.url, notifications: notified) { connection in
                try await connection.query("LISTEN a")
                try await connection.query("NOTIFY a, 'ä'")
                let expected = PostgresNotification(
                    channel: "a", payload: "ä", processID: connection.server.processID)
                #expect(await stream.first { _ in true } == expected)
            }
        }
    }

    @Test func manyNotificationsOfOneTransactionAllComeInOrder() async throws {
        try await PostgresServer.run { server in
            let seen = Seen()
            try await PostgresConnection.run(server.url, notifications: seen.notified) { connection in
                try await connection.query("LISTEN a")
                let padding = String(repeating: "x", count: 7_000)
                try await server.sql(
                    "SELECT count(pg_notify('a', i || '\(padding)')) FROM generate_series(1, 1000) i")
                let expected = (1...1000).map { Seen.Event.notified("\($0)\(padding)") }
                #expect(await seen.take(1000) == expected)
            }
        }
    }
}
