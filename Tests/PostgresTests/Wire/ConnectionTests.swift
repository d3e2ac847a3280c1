import RealServers
import Testing

@testable import PostgresBroker

@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    @Test func aConnectionSaysWhoItsServerIs() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let rows = try await connection.query("SELECT pg_backend_pid(), current_setting('application_name')")
                #expect(connection.server.processID == rows.int(0, 0).map { Int32($0) })
                #expect(rows.text(0, 1) == "telltale")
                #expect(connection.server.host == "127.0.0.1" && connection.server.port == server.port)
                #expect(connection.server.database == "postgres" && connection.server.user == "postgres")
                #expect(connection.server.encoding == "UTF8" && connection.server.version >= 130_000)
            }
            try await PostgresConnection.run("host=\(server.folder) port=\(server.port) user=postgres") { connection in
                #expect(connection.server.host == server.folder)
            }
        }
    }

    @Test func valuesComeBackAsTheyWent() async throws {
        let bytes: [UInt8] = [0, 1, 0, 255]
        let parameters: [Parameter] = [
            .text("ä€😀"), .text(""), .text(nil), .bytes(bytes), .bytes([]), .bytes(nil), .integer(.min), .integer(nil),
            .integer4(-7), .boolean(true), .boolean(false), .boolean(nil), .bytes(of: "a\0b"),
        ]
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let sql = "SELECT " + (1...parameters.count).map { "$\($0)" }.joined(separator: ", ")
                let rows = try await connection.query(sql, parameters)
                #expect(rows.count == 1 && rows.columns == parameters.count)
                #expect([rows.text(0, 0), rows.text(0, 1), rows.text(0, 2)] == ["ä€😀", "", nil])
                #expect([rows.bytes(0, 3), rows.bytes(0, 4), rows.bytes(0, 5)] == [bytes, [], nil])
                #expect([rows.int(0, 6), rows.int(0, 7), rows.int(0, 8)] == [.min, nil, -7])
                #expect([rows.bool(0, 9), rows.bool(0, 10), rows.bool(0, 11)] == [true, false, nil])
                #expect(rows.bytes(0, 12) == Array("a\0b".utf8))
            }
        }
    }

    @Test func arraysKeepTheirNullsAndTheirZeroBytes() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let rows = try await connection.query(
                    """
                    SELECT coalesce(a, 'NULL'), encode(b, 'hex'), c, encode(d, 'escape')
                    FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bytea[]) x (a, b, c, d)
                    """,
                    [
                        .texts(["x", nil, ""]), .byteArrays([nil, [0, 1], []]), .integers([1, nil, .max]),
                        .byteArrays(of: ["p", "q", nil]),
                    ])
                #expect((0..<3).map { rows.text($0, 0) } == ["x", "NULL", ""])
                #expect((0..<3).map { rows.text($0, 1) } == [nil, "0001", ""])
                #expect((0..<3).map { rows.int($0, 2) } == [1, nil, .max])
                #expect((0..<3).map { rows.text($0, 3) } == ["p", "q", nil])
                let empty = try await connection.query("SELECT cardinality($1::text[])", [.texts([])])
                #expect(empty.int(0, 0) == 0)
            }
        }
    }

    @Test func aValueOfAnotherTypeOrPlaceIsNilAndNeverTraps() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let rows = try await connection.query("SELECT 1.5::numeric, 'x'::text, 1::bigint, true")
                #expect(rows.text(0, 0) == nil && rows.int(0, 0) == nil && rows.bool(0, 0) == nil)
                #expect(rows.int(0, 1) == nil && rows.text(0, 2) == nil && rows.bytes(0, 3) == nil)
                #expect(rows.text(1, 1) == nil && rows.text(0, 4) == nil && rows.text(-1, -1) == nil)
                #expect(rows.isNull(5, 5))
                let none = try await connection.query("CREATE TEMP TABLE t AS SELECT generate_series(1, 3)")
                #expect(none.count == 0 && none.columns == 0)
            }
        }
    }

    @Test func anErrorHasTheServersCodeAndWordsAndTheConnectionGoesOn() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let error = await connection.failure(
                    "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'TT003', DETAIL = 'd', HINT = E'h\ni'; END $$")
                #expect(error == .server(ServerError(sqlState: "TT003", message: "no", detail: "d", hint: "h; i")))
                #expect(error?.sqlState == "TT003")
                #expect(await connection.failure("SELECT '\0'::text")?.sqlState != nil)
                #expect(await connection.failure("SELECT $1", [.text("a\0")])?.sqlState == "22021")
                let rows = try await connection.query("SELECT 1::bigint")
                #expect(rows.int(0, 0) == 1)
            }
        }
    }

    @Test func sixteenMebibytesGoBothWays() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                let large = [UInt8](repeating: 7, count: 16 << 20)
                let rows = try await connection.query("SELECT $1::bytea", [.bytes(large)])
                #expect(rows.bytes(0, 0) == large)
            }
        }
    }

    @Test func copyEndsTheConnectionInsteadOfHoldingIt() async throws {
        try await PostgresServer.run { server in
            try await PostgresConnection.run(server.url) { connection in
                await #expect(throws: PostgresError.self) { try await connection.script("COPY pg_type TO STDOUT") }
                #expect(await connection.waitUntilClosed().words.contains("COPY is not spoken here"))
            }
        }
    }
}
