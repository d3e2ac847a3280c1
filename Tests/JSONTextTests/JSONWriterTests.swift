import JSONText
import Testing

@Suite struct JSONWriterTests {
    private func literal(_ text: String) -> String {
        var output: [UInt8] = []
        JSONWriter.appendString(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "Only what must be escaped is",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("a\"b", #""a\"b""#), ("a\\b", #""a\\b""#),
            ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#),
            ("\0\u{1F}\u{B}", #""\u0000\u001f\u000b""#), ("/", #""/""#), ("\u{7F}é日🦉\u{2028}", "\"\u{7F}é日🦉\u{2028}\""),
        ])
    func escapes(_ text: String, _ expected: String) {
        #expect(literal(text) == expected)
    }

    @Test("What is written is valid, and is read as it was, wherever the special byte stands")
    func roundTrip() throws {
        for value in UInt8(0)..<0x80 {
            for index in 0..<18 {
                var bytes = Array("héllo wörld, hello".utf8.prefix(18))
                if bytes[index] < 0x80 { bytes[index] = value }
                let text = String(decoding: bytes, as: UTF8.self)
                let object = Array("{\"k\":\(literal(text))}".utf8)
                #expect(try object.withUnsafeBytes { try JSONObject($0).string("k") } == text)
            }
        }
    }

    @Test("Text without anything to escape is emitted in one run between its quotes")
    func runs() {
        let text = Array(String(repeating: "é日", count: 1000).utf8)
        var runs: [Int] = []
        text.withUnsafeBytes { JSONWriter.emitString($0) { runs.append($0.count) } }
        #expect(runs == [1, text.count, 1])
    }

    @Test("A literal can be written piece by piece")
    func pieces() {
        var output: [UInt8] = []
        for piece in ["a\n", "b\""] {
            Array(piece.utf8).withUnsafeBytes { JSONWriter.emitContent($0) { output += $0 } }
        }
        #expect(String(decoding: output, as: UTF8.self) == #"a\nb\""#)
    }
}
