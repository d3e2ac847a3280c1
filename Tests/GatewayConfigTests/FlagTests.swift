import Testing

@testable import GatewayConfig

@Suite struct FlagTests {
    @Test(arguments: [
        ("127.0.0.2:80", "127.0.0.2", 80), ("localhost:0", "localhost", 0), ("[::1]:8080", "::1", 8080),
    ])
    func listenSetsHostAndPort(address: String, host: String, port: Int) throws {
        #expect(try load(nil, [:], [.listen(address)]).config.listen == .init(host: host, port: port))
    }

    @Test(arguments: ["8080", ":8080", "localhost:", "::1:8080", ""])
    func anAddressWithoutHostOrPortIsRefused(address: String) {
        #expect(
            problems(nil, [:], [.listen(address)]) == [
                "--listen: found \"\(address)\"; allowed: HOST:PORT, as 127.0.0.1:8080 or [::1]:8080"
            ])
    }

    @Test func aWrongPortIsNamedWithFlagAndKey() {
        #expect(
            problems(nil, [:], [.listen("h:99999")]) == [
                "--listen (listen.port): found \"99999\"; allowed: 0 to 65535 (a whole number)"
            ])
    }

    @Test func everyFlagOfTheSchemaHasAValueToGive() {
        let flags = Set(Schema.keys.compactMap(\.flag))
        #expect(flags == [ConfigFlag.broker("").name, ConfigFlag.listen("").name])
    }
}
