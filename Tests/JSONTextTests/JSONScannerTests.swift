import BrokerConformance
import JSONText
import Testing

@Suite struct JSONScannerTests {
    private func failure(_ bytes: [UInt8]) -> JSONError? {
        bytes.withUnsafeBytes { bytes in
            do throws(JSONError) {
                try JSONScanner.validate(bytes)
                return nil
            } catch {
                return error
            }
        }
    }

    static let valid: [String] = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "-0.0", "0.10", "1e3", "1E3", "1e+3", "1e-03",
        "1.5E007",
        "123456789012345678901234567890", "1e9999", "\"\"", "\"a\"", "\"é日🦉\"", "\"\u{7F}\"", "\"\u{2028}\u{2029}\"",
        #""\"\\\/\b\f\n\r\t""#, #""\u0000\u00e9\uABCD\uabcd""#, #""\uD83E\uDD89""#, #""\uD800""#, "[]", "[ ]", "{}",
        "{ }",
        "[1]", "[1,2]", "[[],[[]],{}]", " [ 1 , 2 ] ", "\t\r\n{\"a\"\n:\t1}\r ", #"{"a":1,"a":2}"#, #"{"":{"":[]}}"#,
        #"{"a":[{"b":null},true,"x",-1.5e3],"c":{}}"#, #"["a","b"]"#, #"[[{"a":[{}]}]]"#,
    ]

    @Test("What RFC 8259's grammar has is valid", arguments: valid)
    func accepts(_ text: String) {
        #expect(failure(Array(text.utf8)) == nil)
    }

    /// The text, and the offset of the first byte that is wrong.
    static let invalid: [(String, Int)] = [
        ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("True", 0), ("truee", 4), ("NaN", 0), ("-NaN", 1), ("Infinity", 0),
        ("-Infinity", 1), ("undefined", 0), ("'a'", 0), ("a", 0), ("+1", 0), ("-", 1), ("--1", 1), ("01", 1),
        ("-01", 2), ("00", 1),
        ("1.", 2), (".5", 0), ("-.5", 1), ("1.e3", 2), ("1e", 2), ("1e+", 3), ("1e+-3", 3), ("1e3.5", 3), ("0x10", 1),
        ("1_000", 1),
        ("1 2", 2), ("1,", 1), ("\"", 1), ("\"a", 2), ("\"\\", 2), ("\"\\\"", 3), ("\"\\x\"", 2), ("\"\\U0041\"", 2),
        ("\"\\'\"", 2),
        ("\"\\u\"", 3), ("\"\\u00G0\"", 5), ("\"\\u123\"", 6), ("\"\\u12", 5), ("\"a\nb\"", 2), ("\"\t\"", 1),
        ("\"\u{0}\"", 1),
        ("\"12345678\u{1F}\"", 9), ("[", 1), ("]", 0), ("[1", 2), ("[1,", 3), ("[1,]", 3), ("[,1]", 1), ("[,]", 1),
        ("[1 2]", 3),
        ("[1}", 2), ("[1]]", 3), ("[1];", 3), ("{", 1), ("}", 0), ("{a:1}", 1), ("{1:2}", 1), ("{\"a\"}", 4),
        ("{\"a\":}", 5), ("{\"a\" 1}", 5),
        ("{\"a\":1", 6), ("{\"a\":1,", 7), ("{\"a\":1,}", 7), ("{,}", 1), ("{\"a\":1]", 6), ("{\"a\":1 \"b\":2}", 7),
        ("{'a':1}", 1),
        ("[1] // x", 4), ("/**/1", 0), ("#1", 0), ("\u{FEFF}1", 0), ("\u{A0}1", 0), ("\u{0C}1", 0), ("\u{0B}1", 0),
        ("1\u{0}", 1),
        ("[\"a\",\n4\n,1,", 11), ("{\"a\":\"b\"}#", 9), ("[\"\": 1]", 3), ("<null>", 0), ("{\"a\",\"b\"}", 4),
        ("[true, fals]", 11),
    ]

    @Test("Anything else is refused at the byte where it goes wrong", arguments: invalid)
    func refuses(_ text: String, _ offset: Int) {
        #expect(failure(Array(text.utf8))?.offset == offset)
    }

    @Test(
        "Bytes that are no UTF-8 are refused for that, whatever else is wrong",
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 2),
            ([0x22, 0xE2, 0x82], 3),
            ([0x5D, 0xFE], 1), ([0xFF, 0xFE, 0x31, 0x00], 0),
        ] as [([UInt8], Int)])
    func refusesInvalidUTF8(_ bytes: [UInt8], _ offset: Int) {
        #expect(failure(bytes)?.reason == .invalidUTF8)
        #expect(failure(bytes)?.offset == offset)
    }

    @Test("Every control byte in a string is refused, wherever it stands")
    func controlBytes() {
        for control in UInt8(0)..<0x20 {
            for index in 1..<20 {
                var bytes = Array(("\"" + String(repeating: "a", count: 20) + "\"").utf8)
                bytes[index] = control
                #expect(failure(bytes)?.reason == .controlByteInString(control))
                #expect(failure(bytes)?.offset == index)
            }
        }
    }

    @Test("Values lie in one another as deep as the limit, and no deeper", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func depth(_ opening: String) {
        let perOpening = opening.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
        let closing = String(opening.reversed().compactMap { $0 == "[" ? "]" : $0 == "{" ? "}" : nil })
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: opening, count: levels) + "1" + String(repeating: closing, count: levels)).utf8)
        }
        let deepest = JSONScanner.maximumDepth / perOpening
        #expect(failure(nested(deepest)) == nil)
        #expect(failure(nested(deepest + 1))?.reason == .tooDeep)
        #expect(failure(Array(String(repeating: opening, count: 100_000).utf8))?.reason == .tooDeep)
    }

    @Test("The innermost bracket must be closed by its own kind, at every depth")
    func mixedBrackets() {
        var random = SplitMix64(seed: 7)
        for depth in 1...JSONScanner.maximumDepth {
            let kinds = (0..<depth).map { _ in Bool.random(using: &random) }
            let opening = kinds.map { $0 ? "{\"\":" : "[" }.joined()
            let closing = kinds.reversed().map { $0 ? "}" : "]" }
            #expect(failure(Array((opening + "0" + closing.joined()).utf8)) == nil)
            var wrong = closing
            let index = Int.random(in: 0..<depth, using: &random)
            wrong[index] = wrong[index] == "}" ? "]" : "}"
            #expect(failure(Array((opening + "0" + wrong.joined()).utf8))?.offset == opening.utf8.count + 1 + index)
        }
    }

    @Test("An error says in words what was found, what was expected, and where")
    func descriptions() {
        #expect(failure(Array("[1;".utf8))?.description == "';' where ',' or ']' is expected at byte 2")
        #expect(failure(Array("[1".utf8))?.description == "unexpected end at byte 2")
        #expect(failure(Array("\"\n\"".utf8))?.description == "byte 0x0A in a string, which must be escaped at byte 1")
    }
}
