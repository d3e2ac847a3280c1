import Testing

@testable import RedisBroker

@Suite struct ReplyReaderTests {
    private static let stream =
        "+OK\r\n:-7\r\n$5\r\na\r\n\0b\r\n$-1\r\n*-1\r\n*0\r\n-ERR no\r\n"
        + "*3\r\n*2\r\n:1\r\n$0\r\n\r\n*0\r\n-E x\r\n$2\r\né\r\n"
    private static let replies: [Reply] = [
        .status("OK"), .integer(-7), .bulk("a\r\n\0b"), .null, .null, .array([]), .error("ERR no"),
        .array([.array([.integer(1), .bulk("")]), .array([]), .error("E x")]), .bulk("é"),
    ]

    private func read(_ pieces: [[UInt8]], maximumBytes: Int = 1 << 20) throws -> [Reply] {
        let reader = ReplyReader(maximumBytes: maximumBytes)
        var replies: [Reply] = []
        for piece in pieces { try piece.withUnsafeBytes { try reader.read($0) { replies.append($0) } } }
        return replies
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `replies are the same whatever pieces they come in`(size: Int) throws {
        let bytes = Array(Self.stream.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(try read(pieces) == Self.replies)
    }

    @Test func `a stream of many small replies in large pieces is read whole and in order`() throws {
        let bytes = Array((0..<50_000).map { "*2\r\n:\($0)\r\n$1\r\nx\r\n" }.joined().utf8)
        let replies = try read([bytes])
        #expect(replies == (0..<50_000).map { .array([.integer($0), .bulk("x")]) })
    }

    @Test func `a reply of exactly the bound is read, a larger one is refused before it is whole`() throws {
        let text = String(repeating: "x", count: 1000)
        let whole = Array("$1000\r\n\(text)\r\n".utf8)
        #expect(try read([whole, whole], maximumBytes: whole.count) == [.bulk(text), .bulk(text)])
        let begun = Array("$1000000\r\n\(text)".utf8)
        #expect(throws: ReplyReader.Malformed(reason: "a reply of more than 500 bytes")) {
            try read([begun], maximumBytes: 500)
        }
    }

    @Test func `the bound counts the elements of an array together`() {
        let begun = Array(("*100\r\n" + String(repeating: "$10\r\n0123456789\r\n", count: 50)).utf8)
        #expect(throws: ReplyReader.Malformed.self) { try read(begun.map { [$0] }, maximumBytes: 500) }
    }

    @Test func `a long array that is only announced takes no memory`() throws {
        #expect(try read([Array("*2147483647\r\n:1\r\n".utf8)]) == [])
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n", "\u{15}\u{3}\u{3}", "*99999999999\r\n", ":12x\r\n", "$-2\r\n"])
    func `what is no RESP2 is refused`(text: String) {
        #expect(throws: ReplyReader.Malformed.self) { try read([Array(text.utf8)]) }
    }

    @Test func `arrays nest as deep as the library allows, and no deeper`() throws {
        let deep = { Array((String(repeating: "*1\r\n", count: $0) + ":1\r\n").utf8) }
        #expect(try read([deep(7)]).count == 1)
        #expect(throws: ReplyReader.Malformed.self) { try read([deep(40)]) }
    }
}
