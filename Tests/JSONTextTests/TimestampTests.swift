import JSONText
import Testing

@Suite struct TimestampTests {
    @Test("Times are RFC 3339 with milliseconds")
    func times() {
        #expect(Timestamp(1_795_232_062_007).description == "2026-11-21T03:34:22.007Z")
        #expect(Timestamp(0).description == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(Timestamp.maximum).description == "9999-12-31T23:59:59.999Z")
    }
}
