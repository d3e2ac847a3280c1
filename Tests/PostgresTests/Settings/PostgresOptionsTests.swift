import Testing

@testable import PostgresBroker

@Suite struct PostgresOptionsTests {
    @Test(arguments: ["telltale", "_x", "a9", String(repeating: "a", count: 40)])
    func aSchemaIsAPlainName(_ name: String) throws {
        #expect(try PostgresOptions(url: "postgres://h/d", schema: name).schema == name)
    }

    @Test(arguments: ["", "9a", "A", "a-b", "a b", "ä", "a\"b", "pg_x", String(repeating: "a", count: 41)])
    func anotherSchemaIsRefused(_ name: String) {
        #expect(throws: PostgresURLError.self) { try PostgresOptions(url: "postgres://h/d", schema: name) }
    }

    @Test func whatListensMayGoElsewhere() throws {
        let alone = try PostgresOptions(url: "postgres://h/d")
        #expect(!alone.hasListenURL && alone.listenTarget.description == "h/d")
        let both = try PostgresOptions(url: "postgres://u:hunter2@h/d", listenURL: "host=i password=hunter2")
        #expect(both.hasListenURL && both.listenTarget.description == "i")
        #expect(both.description == "u@h/d, listening at i, schema telltale, publish notify")
        #expect(!String(reflecting: both).contains("hunter2"))
    }
}
