import BrokerCore
import Hub
import Testing

@testable import Gateway

@Suite struct StreamFormTests {
    private func text(_ writer: consuming ByteWriter) -> String {
        let bytes = writer.finish()
        return String(decoding: Array(bytes.bytes), as: UTF8.self)
    }

    private func encoded(_ data: String, event: String = "message", _ form: any WireForm = EventStreamForm.single)
        throws
        -> String
    {
        let message = Message(
            channel: try ChannelName("c"), epoch: try #require(Epoch("k3f9")), offset: 117, event: try EventName(event),
            data: data, format: .text, time: 0, retain: nil)
        var writer = ByteWriter()
        form.append(message, to: &writer)
        return text(writer)
    }

    @Test func `a message is its id, its event unless it is the default, and its data`() throws {
        #expect(try encoded("linking…") == "id: k3f9:117\ndata: linking…\n\n")
        #expect(try encoded("{}", event: "progress") == "id: k3f9:117\nevent: progress\ndata: {}\n\n")
        #expect(try encoded("x", EventStreamForm.several) == "data: x\n\n")
    }

    @Test(arguments: [
        ("a\nb", ["a", "b"]), ("a\rb", ["a", "b"]), ("a\r\nb", ["a", "b"]), ("a\n\rb", ["a", "", "b"]),
        ("", [""]), ("\n", ["", ""]), ("\r\n", ["", ""]), ("a\n", ["a", ""]), ("a\r", ["a", ""]),
        ("a\r\n\r\nb", ["a", "", "b"]), ("  a", ["  a"]), ("a\u{85}b\u{2028}c", ["a\u{85}b\u{2028}c"]),
        ("data: x\nid: 1", ["data: x", "id: 1"]),
    ])
    func `every kind of line end makes a line of data`(data: String, lines: [String]) throws {
        let expected = "id: k3f9:117\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
        #expect(try encoded(data) == expected)
    }

    @Test func `text shows messages and log lines, and nothing else`() throws {
        #expect(try encoded("a", TextForm.shared) == "a\n")
        #expect(try encoded("b", event: "log", TextForm.shared) == "b\n")
        #expect(try encoded("c", event: "progress", TextForm.shared) == "")
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_763_696_062_123, "2025-11-21T03:34:22.123Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `a time is written as RFC 3339 has it, in UTC, with milliseconds`(time: Int64, expected: String) {
        var writer = ByteWriter()
        writer.append(timestamp: time)
        #expect(text(writer) == expected)
    }
}
