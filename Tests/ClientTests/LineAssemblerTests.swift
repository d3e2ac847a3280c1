import Testing

@testable import GatewayClient

@Suite struct LineAssemblerTests {
    private func lines(_ pieces: [[UInt8]]) -> [String] {
        var assembler = LineAssembler()
        var lines = pieces.flatMap { piece in piece.withUnsafeBytes { assembler.feed($0) } }
        if let last = assembler.finish() { lines.append(last) }
        return lines
    }

    private func lines(_ text: String) -> [String] { lines([Array(text.utf8)]) }

    @Test func `lines end at LF and CRLF, empty ones count, a last one needs no end`() {
        #expect(lines("a\n\nb\r\nc") == ["a", "", "b", "c"])
        #expect(lines("a\n") == ["a"])
        #expect(lines("").isEmpty)
    }

    @Test func `a line of a progress bar comes once, as it last looked`() {
        #expect(lines("1%\r50%\r100%\ndone\r\n") == ["100%", "done"])
        #expect(lines("1%\r2%\r") == ["2%"])
        #expect(lines("a\r\r\n") == ["a"])
    }

    @Test func `output cut anywhere gives the same lines`() {
        let bytes = Array("x\r\nyé\r10%\r20%\n\nlast".utf8)
        for cut in bytes.indices {
            #expect(lines([Array(bytes[..<cut]), Array(bytes[cut...])]) == ["x", "20%", "", "last"], "cut at \(cut)")
        }
    }

    @Test func `bytes that are no UTF-8 are repaired`() {
        #expect(lines([[0x61, 0xFF, 0x62, 0x0A, 0xC3]]) == ["a\u{FFFD}b", "\u{FFFD}"])
    }

    @Test(arguments: ["é", "語", "🙂", "ab"], 0..<4)
    func `a long line is cut between characters, and nothing of it is lost`(character: String, shift: Int) {
        let text = String(repeating: "x", count: shift) + String(repeating: character, count: 50_000)
        let pieces = lines(text + "\n")
        #expect(pieces.joined() == text)
        #expect(pieces.count > 1 && pieces.allSatisfy { $0.utf8.count <= LineAssembler.maximumLineBytes })
    }

    @Test func `a long line of continuation bytes is cut all the same`() {
        let pieces = lines([[UInt8](repeating: 0x80, count: 100_000)])
        #expect(pieces.map(\.unicodeScalars.count).reduce(0, +) == 100_000)
    }
}
