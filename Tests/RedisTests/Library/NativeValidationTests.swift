import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

/// Native data is held to what the gateway's own reader of JSON accepts (RFC 8259), neither more nor less.
@Suite(.timeLimit(.minutes(1))) struct NativeValidationTests {
    private static let valid = [
        "0", "-0", "1.50", "1e400", "-2E+3", "true", "false", "null", "\"\"", "\"a\u{7F}é😀\"",
        #""\" \\ \/ \b\f\n\r\t \u00e9""#,
        #""\ud800""#, #""\\u12""#, "[]", "{}", " \t\r\n[ 1 , 2 ] \n", #"{"a":1,"a":2}"#, #"{"":[{}, [[]], "x", null]}"#,
        "\"[{,:\"", "\"truefalse\"", String(repeating: "[", count: 512) + String(repeating: "]", count: 512),
        String(repeating: "{\"a\":", count: 511) + "[]" + String(repeating: "}", count: 511),
    ]

    private static let invalid = [
        "", " ", "NaN", "-Infinity", "inf", "nan", "0x10", "01", "+1", ".5", "1.", "1e", "-", "--1", "1-1", "1..2",
        "1e5e5", "tru",
        "True", "truetrue", "true1", "1true", "nul", "'a'", "\"", "\"a", "a\"", #""\x""#, #""\u12""#, #""\""#,
        #"\"a\""#, #"[\n]"#,
        "\"\n\"", "\"a\tb\"", "[\"\r\"]", "\"\0\"", "\u{FEFF}1", "[", "]", "[1", "[1,]", "[,1]", "[1 2]", "[1]]", "{",
        "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{1:2}", "{true:1}", "{null:1}", "{a:1}", "1 2", "\"a\" \"b\"", "[]{}", "// x\n1", "/*x*/1", "1;", "\u{B}1",
        "1\0",
        String(repeating: "[", count: 513) + String(repeating: "]", count: 513),
    ]

    @Test func `JSON is what the gateway takes for JSON`() async throws {
        try await FunctionsUnderTest.run { under in
            for text in Self.valid {
                let position = await under.native("c", text, "FORMAT", "json")
                #expect(!position.contains(" "), "\(text.prefix(40)): \(position)")
                let newest = try await under.recover(ChannelName("c"), from: .last(1)).messages.last
                #expect(newest?.data == text && newest?.format == .json)
            }
            for text in Self.invalid {
                let answer = await under.native("d", text, "FORMAT", "json")
                #expect(
                    answer.hasPrefix("BADARGUMENT the data is not one valid JSON value"),
                    "\(text.prefix(40)): \(answer)")
            }
            #expect(try await under.status(ChannelName("d")) == nil)
        }
    }

    private static let invalidUTF8 = [
        "80", "BF", "C2", "C0 80", "C1 BF", "E0 9F BF", "E2 82", "ED A0 80", "EF BF", "F0 8F BF BF", "F0 9F 98",
        "F4 90 80 80",
        "F5 80 80 80", "FF", "61 E1 C3 A9 80", "C3 28", "F0 C3 A9 80 80", "E2 82 AC AC",
    ]

    @Test func `what is no UTF-8 is refused, and all that is comes back byte for byte`() async throws {
        try await FunctionsUnderTest.run { under in
            for bytes in Self.invalidUTF8 {
                let quoted = "\"" + bytes.split(separator: " ").map { "\\x\($0)" }.joined() + "\""
                let answer = try await under.server.cli("--quoted-input", "FCALL", "telltale_publish", "1", "d", quoted)
                #expect(answer.hasPrefix("BADARGUMENT the data is not valid UTF-8"), "\(bytes): \(answer)")
            }
            #expect(try await under.status(ChannelName("d")) == nil)
            let edges: [UInt32] = [
                0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0xF_FFFF, 0x10_FFFF,
            ]
            let text = "\0" + String(String.UnicodeScalarView(edges.compactMap(Unicode.Scalar.init)))
            _ = await under.native("c", text)
            #expect(
                try await under.recover(ChannelName("c")).messages.first.map { Array($0.data.utf8) } == Array(text.utf8)
            )
        }
    }
}
