import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct PointerLinkTests {
    private let channel: ChannelName
    private let other: ChannelName

    init() throws {
        channel = try ChannelName("build:42")
        other = try ChannelName("news")
    }

    /// A `fetch` that answers as the broker's, from what `published` has; it waits while someone holds lock 1.
    private static let schema = """
        CREATE SCHEMA telltale;
        CREATE TABLE published("offset" bigint, data text);
        INSERT INTO published VALUES (1, 'one'), (2, 'two'), (3, 'three'), (5, 'five');
        CREATE FUNCTION telltale.fetch(channel text, epoch text, first bigint, last bigint) RETURNS bytea
        LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_advisory_xact_lock_shared(1);
            RETURN (SELECT convert_to(coalesce(string_agg(concat_ws(' ', p."offset", 0, 't', 'message', '',
                octet_length(data)) || E'\\n' || data, '' ORDER BY p."offset"), ''), 'UTF8')
                FROM published AS p WHERE p."offset" BETWEEN first AND last);
        END $$;
        """

    private func run(_ body: (PostgresServer, Listening) async throws -> Void) async throws {
        try await PostgresServer.run { server in
            try await server.sql(Self.schema)
            let listening = try Listening(server.url)
            try await listening.run {
                await listening.link.attach([channel, other])
                try await body(server, listening)
            }
        }
    }

    @Test func `What is behind a pointer waits for it, and other channels do not`() async throws {
        try await run { server, listening in
            try await PostgresConnection.run(server.url) { keeper in
                try await keeper.query("SELECT pg_advisory_lock(1)")
                try await server.sql(
                    "SELECT pg_notify('telltale_23', E'*e build:42 1 2\\n+e build:42 1\\n3 0 t message  1\\n3')")
                try await server.sql("SELECT pg_notify('telltale_25', E'+e news 1\\n1 0 t message  4\\nnews')")
                await listening.events.until { Listening.announced($0) == ["news"] }
                try await keeper.query("SELECT pg_advisory_unlock(1)")
                await listening.events.until { Listening.announced($0) == ["news", "one", "two", "3"] }
            }
        }
    }

    @Test func `Of what is not there any more the loss is told, and announcements go on`() async throws {
        try await run { server, listening in
            try await server.sql("SELECT pg_notify('telltale_23', E'*e build:42 3 5\\n')")
            await listening.events.until { $0.contains(.continuityRestored(.channels([channel]))) }
            try await server.sql("SELECT pg_notify('telltale_23', E'*e build:42 5 5\\n')")
            await listening.events.until { Listening.announced($0).last == "five" }
            let lost = listening.events.entries.firstIndex(of: .continuityLost(.channels([channel])))
            #expect(lost != nil && !listening.events.entries.contains(.continuityLost(.everything)))
        }
    }

    @Test func `While nothing can be fetched the loss is told, and small messages come`() async throws {
        try await run { server, listening in
            await listening.queries.move(to: nil)
            try await server.sql("SELECT pg_notify('telltale_23', E'*e build:42 1 1\\n')")
            await listening.events.until { $0.contains(.continuityRestored(.channels([channel]))) }
            try await server.sql("SELECT pg_notify('telltale_23', E'+e build:42 1\\n9 0 t message  4\\nnine')")
            await listening.events.until { Listening.announced($0) == ["nine"] }
        }
    }

    @Test func `What is fetched when all was lost meanwhile is not told`() async throws {
        try await run { server, listening in
            try await PostgresConnection.run(server.url) { keeper in
                try await keeper.query("SELECT pg_advisory_lock(1)")
                try await server.sql("SELECT pg_notify('telltale_23', E'*e build:42 1 2\\n')")
                await listening.queries.asked.until { $0.contains { $0.contains("fetch") } }
                listening.link.relocate("a test")
                #expect(listening.events.entries == [.continuityLost(.everything)])
                try await keeper.query("SELECT pg_advisory_unlock(1)")
                await listening.events.until { $0.contains(.continuityRestored(.everything)) }
                _ = await listening.announce(3, "three", on: channel)
                await listening.events.until { !Listening.announced($0).isEmpty }
                #expect(Listening.announced(listening.events.entries) == ["three"])
            }
        }
    }
}
