import BrokerCore
import Testing

@testable import GatewayConfig

@Suite struct ValueTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("15s", .seconds(15)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
        ("7d", .seconds(604_800)), ("0s", .zero),
    ])
    func aDurationIsReadAndWrittenTheSame(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.render(duration) == text)
    }

    @Test(arguments: [
        "", "15", "s", "1.5s", "-1s", "+1s", "1 s", "1S", "1w", "٣s", "99999999999999999999s", "9999999999999999d",
    ])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func aDurationIsWrittenInItsLargestWholeUnit() {
        #expect(DurationText.render(.seconds(90)) == "90s")
        #expect(DurationText.render(.seconds(7200)) == "2h")
        #expect(DurationText.render(.milliseconds(1500)) == "1500ms")
    }

    @Test(arguments: [
        ("64KiB", 65536), ("8MiB", 8 << 20), ("1GiB", 1 << 30), ("2TiB", 2 << 40), ("1000", 1000), ("0", 0),
    ])
    func aSizeIsReadAndWrittenTheSame(text: String, bytes: Int) {
        #expect(SizeText.parse(text) == bytes)
        #expect(SizeText.render(bytes) == text)
    }

    @Test(arguments: ["", "KiB", "64KB", "64kib", "64 KiB", "-1", "1.5MiB", "9999999999TiB", "99999999999999999999"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    @Test(arguments: ["telltale", "_a", "a9", String(repeating: "a", count: 40)])
    func aSchemaIsAPlainName(name: String) throws {
        let json = #"{"broker": {"postgres": {"schema": "\#(name)"}}}"#
        #expect(try load(json).config.broker.postgres.schema == name)
    }

    @Test(arguments: ["", "9a", "A", "a-b", "a.b", "a b", "ä", "a\\\"b", String(repeating: "a", count: 41)])
    func whatIsNoPlainNameIsNoSchema(name: String) {
        let found = problems(#"{"broker": {"postgres": {"schema": "\#(name)"}}}"#)
        #expect(found.count == 1)
        #expect(found.first?.contains("1 to 40 lower-case letters, digits and _") == true)
    }

    @Test(arguments: [("earliest", Start.earliest), ("latest", .latest), ("last:20", .last(20))])
    func aReplayIsReadAndWrittenTheSame(text: String, start: Start) {
        #expect(ReplayText.parse(text, lastAtMost: 20) == start)
        #expect(ReplayText.render(start) == text)
    }

    @Test(arguments: ["", "last", "last:", "last:0", "last:21", "last:-1", "k3f9:117", "Earliest"])
    func whatIsNoReplayIsRefused(text: String) {
        #expect(ReplayText.parse(text, lastAtMost: 20) == nil)
    }
}
