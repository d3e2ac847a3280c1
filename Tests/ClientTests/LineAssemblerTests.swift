import Testing

@testable import GatewayClient

@Suite struct LineAssemblerTests {
    private func lines(_ pieces: [[UInt8]]) -> [String] {
        var assembler = LineAssembler()
        let bytes = pieces.flatMap { piece in piece.withUnsafeBytes { assembler.feed($0) } } + assembler.finish()
        return texts(bytes)
    }

    private func texts(_ lines: [UInt8]) -> [String] {
        var cursor = LineCursor(LineBlock(lines))
        var texts: [String] = []
        while let text = cursor.next() { texts.append(text) }
        return texts
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

    @Test(arguments: ["\n", "\r\n"])
    func `a line of just the longest length is one line, and the next one is whole`(end: String) {
        let text = String(repeating: "x", count: LineAssembler.maximumLineBytes)
        #expect(lines(text + end + "y" + end) == [text, "y"])
    }

    @Test(arguments: [(false, ["d"]), (true, [])])
    func `of a line that was lost in part nothing comes`(midLine: Bool, kept: [String]) {
        var assembler = LineAssembler()
        func feed(_ text: String) -> [UInt8] { Array(text.utf8).withUnsafeBytes { assembler.feed($0) } }
        #expect(texts(feed("a\nb")) == ["a"])
        assembler.lose(midLine: midLine)
        #expect(texts(feed("d\ne\n")) == kept + ["e"])
    }
}

@Suite struct OutputQueueTests {
    private func append(_ text: String, of source: Int32, to queue: inout OutputQueue) {
        Array(text.utf8).withUnsafeBytes { queue.append($0, of: source) }
    }

    @Test func `what comes in small pieces is gathered, each descriptor's own`() {
        var queue = OutputQueue(capacity: 1 << 20)
        for (text, source) in [("a", 1), ("b", 1), ("c", 2), ("d", 1)] { append(text, of: Int32(source), to: &queue) }
        let pieces = queue.takeAll()
        #expect(pieces.map(\.source) == [1, 2, 1] && pieces.map(\.bytes) == ["ab", "c", "d"].map { Array($0.utf8) })
        #expect(queue.isEmpty && queue.takeAll().isEmpty)
    }

    @Test func `past its capacity the oldest is lost, and the next piece tells what that was`() {
        var queue = OutputQueue(capacity: 10)
        append("a\nb\n", of: 1, to: &queue)
        append("c\nd", of: 2, to: &queue)
        append("12345678\n", of: 1, to: &queue)
        let pieces = queue.takeAll()
        #expect(pieces.count == 1 && pieces.first?.loss.lines == 4)
        #expect(pieces.first?.loss.sources == [1: false, 2: true])
    }
}
