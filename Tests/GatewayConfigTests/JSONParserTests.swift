import Testing

@testable import GatewayConfig

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        try JSONParser.parse(Array(text.utf8))
    }

    private func failure(_ text: String) -> String? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return "\(error.position): \(error.reason)"
        }
    }

    @Test func everyKindOfValueIsRead() throws {
        let text = #" [null, true, false, -1.5e+3, 0, "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é", {}, []] "#
        #expect(
            try parse(text)
                == .array([
                    .null, .bool(true), .bool(false), .number("-1.5e+3"), .number("0"),
                    .string("a\"\\/\u{8}\u{c}\n\r\té😀é"), .object([]), .array([]),
                ]))
    }

    @Test func membersKeepTheirOrderAndPositions() throws {
        let root = try parse("{\n  \"b\": 1,\n  \"é\": 2, \"b\": 3\n}")
        #expect(
            root
                == .object([
                    JSONMember(name: "b", value: .number("1"), position: TextPosition(line: 2, column: 3)),
                    JSONMember(name: "é", value: .number("2"), position: TextPosition(line: 3, column: 3)),
                    JSONMember(name: "b", value: .number("3"), position: TextPosition(line: 3, column: 11)),
                ]))
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        #expect(try parse("\u{FEFF}{}") == .object([]))
    }

    @Test(arguments: [
        ("", "1:1: the file ends where a value should be"),
        ("{\n  \"a\": 1,\n}", "3:1: found \"}\" where a name in quotes should be"),
        ("{\"a\" 1}", "1:6: found \"1\" where \":\" should be"),
        ("{\"a\": 1 \"b\": 2}", "1:9: found \"\\\"\" where \",\" or \"}\" should be"),
        ("{\"a\": [1 2]}", "1:10: found \"2\" where \",\" or \"]\" should be"),
        ("{\"a\": nul}", "1:7: found \"n\" where a value should be"),
        ("{} x", "1:4: found \"x\" where the end of the file should be"),
        ("{\"a", "1:2: the closing quote is missing"),
        ("[\"a\nb\"]", "1:4: a control character in a text, or its closing quote is missing"),
        ("[01]", "1:2: \"01\" is no number"),
        ("[1.]", "1:2: \"1.\" is no number"),
        (#"["\x"]"#, "1:3: an unknown escape"),
        (#"["\u12"]"#, "1:3: an unknown escape"),
        (#"["\ud83d"]"#, "1:3: half a surrogate pair"),
        (#"["\ud83d\u0041"]"#, "1:3: half a surrogate pair"),
        (#"["\udc00"]"#, "1:3: half a surrogate pair"),
        ("{\"a\": \"é\", 1}", "1:12: found \"1\" where a name in quotes should be"),
        ("// no\n{}", "1:1: found \"/\" where a value should be"),
    ])
    func brokenJSONIsLocated(text: String, expected: String) {
        #expect(failure(text) == expected)
    }

    @Test func invalidUTF8IsLocated() {
        #expect(throws: JSONSyntaxError(reason: "a text that is no valid UTF-8", position: .init(line: 1, column: 2))) {
            try JSONParser.parse([0x5B, 0x22, 0xFF, 0x22, 0x5D])
        }
    }

    @Test func nestingIsBounded() {
        let depth = JSONParser.maximumDepth
        #expect(failure(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) == nil)
        #expect(failure(String(repeating: "[", count: 100_000))?.contains("nested deeper than 32 levels") == true)
    }
}
