import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// A queue of notifications that is full, and stays so until someone asks how full it is. To fill a real one takes 8 GiB:
/// this one is a table, which a trigger and a function of the same name as the server's stand before.
@Suite struct QueueMendingTests {
    @Test func `When the session that held the full queue has gone, publishing goes on by itself`() async throws {
        try await Self.run { server, broker in
            let words = "the server's log names its pid"
            let start = ContinuousClock.now
            #expect(try await broker.say("a=1").unavailability?.contains(words) == true)
            try await until("the queue was looked at again and again") {
                _ = try await broker.say("a=1")
                return try await Self.looks(server) >= 3
            }
            #expect(ContinuousClock.now - start > .seconds(2))
            #expect(try await broker.say("a=1").unavailability?.contains(words) == true)
            try await server.sql("UPDATE queue SET is_held = false")
            try await until("publishing goes on") { try await broker.say("a=2").unavailability == nil }
            #expect(try await broker.content(of: "a") == ["2"])
        }
    }

    @Test func `A look that takes long is waited for, and nobody waits with it`() async throws {
        try await Self.run { server, broker in
            try await server.sql("UPDATE queue SET is_held = false, is_slow = true")
            _ = try await broker.say("a=1")
            try await until("it takes longer than the gateway waits for answers, and its role for queries") {
                try await server.sql("\(Self.looking) AND clock_timestamp() > query_start + '2 s'") == "1"
            }
            #expect(try await broker.inspect(ChannelName("a")) == nil)
            #expect(try await broker.say("a=1").unavailability != nil)
            #expect(try await server.sql(Self.looking) == "1")
            try await server.sql("UPDATE queue SET is_slow = false")
            try await until("publishing goes on") { try await broker.say("a=2").unavailability == nil }
        }
    }

    private static func run(_ body: (PostgresServer, PostgresBroker) async throws -> Void) async throws {
        let config = ["search_path = 'public, pg_catalog'", "statement_timeout = '1s'"]
        try await PostgresServer.run(.init(config: config)) { server in
            try await BrokerWorld.run(server, timeout: .seconds(1)) { broker in
                try await server.sql(fullQueue)
                try await body(server, broker)
            }
        }
    }

    private static func looks(_ server: PostgresServer) async throws -> Int {
        Int(try await server.sql("SELECT looks FROM queue")) ?? 0
    }

    private static let looking = """
        SELECT count(*) FROM pg_stat_activity
        WHERE state = 'active' AND query = 'SELECT pg_notification_queue_usage()'
        """

    private static let fullQueue = """
        CREATE TABLE public.queue AS SELECT true AS is_full, true AS is_held, false AS is_slow, 0 AS looks;
        CREATE FUNCTION public.pg_notification_queue_usage() RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN
            WHILE (SELECT is_slow FROM public.queue) LOOP PERFORM pg_sleep(0.02); END LOOP;
            UPDATE public.queue SET is_full = is_held, looks = looks + 1;
            RETURN 0;
        END $$;
        CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF (SELECT is_full FROM public.queue) THEN
                RAISE 'too many notifications in the NOTIFY queue' USING ERRCODE = '54000';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON telltale.message
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse();
        """
}
