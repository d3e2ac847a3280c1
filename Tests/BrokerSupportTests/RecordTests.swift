import BrokerCore
import BrokerSupport
import Testing

struct RecordTests {
    @Test func `a record says all of its message`() throws {
        let record = try #require(Record("117 1763700000123 jcx Build.step:1 state 7\n{\"a\":1}"))
        #expect(record.offset == 117 && record.time == 1_763_700_000_123)
        #expect(record.event.rawValue == "Build.step:1" && record.key?.rawValue == "state")
        #expect(record.format == .json && record.conflated && record.closes)
        #expect(record.data == "{\"a\":1}")
    }

    @Test func `a record without a key has two spaces in its place`() throws {
        let record = try #require(Record("1 2 t message  4\n\n\0é"))
        #expect(record.key == nil && record.data == "\n\0é")
        #expect(record.format == .text && !record.conflated && !record.closes)
    }

    @Test(arguments: [
        "", "\n", "x", "1 2 t message  3\nab", "1 2 t message  1\nab", "1 2 t message 1\na", "1 2 t message  \n",
        "1 2 t message  -1\n", "0 2 t message  1\na", "01 2 t message  1\na", "1 2  message  1\na",
        "1 2 ct message  1\na",
        "1 2 tt message  1\na", "1 2 txc message k 1\na", "1 2 tc message  1\na", "1 2 t   1\na",
        "1 2 t stream-open  1\na",
        "1 2 t me/ssage  1\na", "1 2 t message k/k 1\na", "+1 2 t message  1\na", "1 -2 t message  1\na",
        "9007199254740992 2 t message  1\na", "1 99999999999999999999 t message  1\na",
        "1 2 t message  99999999999999999999\na", "1 2 t message  9223372036854775807\na", "1 2 t message  1\né",
        "1 2 t message  2\nabc", " 1 2 t message  1\na", "1 2 t message  1 \na", "1 2 t message  1\r\na",
    ])
    func `what is no record is not read as one`(_ text: String) {
        #expect(Record(text) == nil)
    }
}
