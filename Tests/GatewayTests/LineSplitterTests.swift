import NIOCore
import Testing

@testable import Gateway

@Suite struct LineSplitterTests {
    private struct Outcome: Hashable {
        var lines: [String] = []
        var isTooLong = false
    }

    /// What comes out when `text` comes in, cut at these places.
    private func split(_ text: String, limit: Int = 100, cuts: [Int] = []) -> Outcome {
        var splitter = LineSplitter(limit: limit)
        var outcome = Outcome()
        let bytes = Array(text.utf8)
        let edges = [0] + cuts + [bytes.count]
        do {
            for (start, end) in zip(edges, edges.dropFirst()) {
                splitter.append(ByteBuffer(bytes: bytes[start..<end]))
                while let line = try splitter.next() { outcome.lines.append(String(buffer: line)) }
            }
            if let line = try splitter.last() { outcome.lines.append(String(buffer: line)) }
        } catch { outcome.isTooLong = true }
        return outcome
    }

    @Test func `lines end with LF or CRLF, and the last may have no end`() {
        #expect(split("a\nb\r\nc").lines == ["a", "b", "c"])
        #expect(split("a\n").lines == ["a"])
        #expect(split("\n\r\n\n").lines == ["", "", ""])
        #expect(split("").lines.isEmpty)
    }

    @Test func `a CR inside a line is of the line, and only one before its end is not`() {
        #expect(split("a\rb\nc\r\r\nd\r").lines == ["a\rb", "c\r", "d"])
    }

    @Test(arguments: ["one\ntwo\r\n\r\nüber\nlast", "\r\n\r\n", "a\rb\r\n", "\n", "x"])
    func `it makes no difference how the input is cut`(text: String) {
        let whole = split(text)
        let count = text.utf8.count
        for first in 0...count {
            for second in first...count { #expect(split(text, cuts: [first, second]) == whole) }
        }
        #expect(split(text, cuts: Array(0...count)) == whole)
    }

    @Test func `a line may be as long as the limit, and no longer, wherever it is cut`() {
        for end in ["\n", "\r\n", ""] {
            for cut in 0...8 {
                #expect(split("12345678" + end, limit: 8, cuts: [cut]) == Outcome(lines: ["12345678"]))
                #expect(split("ok\n123456789" + end, limit: 8, cuts: [cut]).isTooLong)
            }
        }
    }

    @Test func `a line without end is refused before it is all there`() throws {
        var splitter = LineSplitter(limit: 8)
        splitter.append(ByteBuffer(repeating: UInt8(ascii: "x"), count: 10))
        #expect(throws: LineSplitter.TooLong.self) { try splitter.next() }
    }
}
