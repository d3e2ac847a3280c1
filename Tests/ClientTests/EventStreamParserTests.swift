import Testing

@testable import GatewayClient

@Suite struct EventStreamParserTests {
    private func parse(_ text: String) throws -> [ServerSentEvent] {
        var parser = EventStreamParser()
        return try parser.feed(text.utf8)
    }

    @Test func `an event carries its name, its data lines joined, and the stream's last id`() throws {
        let events = try parse("id: k3f9:7\nevent: progress\ndata: one\ndata: two\n\ndata: next\n\n")
        #expect(
            events == [
                ServerSentEvent(event: "progress", data: "one\ntwo", lastEventID: "k3f9:7"),
                ServerSentEvent(event: "message", data: "next", lastEventID: "k3f9:7"),
            ])
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `every line ending, cut anywhere, gives the same events`(ending: String) throws {
        let text = ["\u{FEFF}: hello", "retry: 2130", "id: a:1", "data: füß", "data:", "", "data:x", "", ""]
        let bytes = Array(text.joined(separator: ending).utf8)
        for cut in bytes.indices {
            var parser = EventStreamParser()
            let events = try parser.feed(bytes[..<cut]) + parser.feed(bytes[cut...])
            #expect(events.map(\.data) == ["füß\n", "x"], "cut at \(cut)")
            #expect(parser.retry == 2130 && parser.lastEventID == "a:1")
        }
    }

    @Test func `only one space after the colon is taken away, and a field without colon is empty`() throws {
        #expect(try parse("data:  x\n\ndata\n\ndata\ndata\n\n").map(\.data) == [" x", "", "\n"])
    }

    @Test func `an event without data is none, but its id counts`() throws {
        var parser = EventStreamParser()
        #expect(try parser.feed("id: a:5\nevent: nothing\n\n".utf8).isEmpty)
        #expect(parser.lastEventID == "a:5")
        #expect(try parser.feed("data: x\n\n".utf8).map(\.event) == ["message"])
    }

    @Test func `the id of an event that is cut off does not count`() throws {
        var parser = EventStreamParser()
        _ = try parser.feed("id: a:5\ndata: x\n\nid: a:6\ndata: y\n".utf8)
        #expect(parser.lastEventID == "a:5")
        var next = EventStreamParser(continuing: parser)
        #expect(try next.feed("data: z\n\n".utf8).map(\.lastEventID) == ["a:5"])
    }

    @Test func `an id with NUL, a retry that is no number, and unknown fields are ignored`() throws {
        var parser = EventStreamParser()
        _ = try parser.feed("id: a:1\n\nid: b\u{0}\nretry: 5s\nretry: -5\nfoo: bar\nDATA: x\n\n".utf8)
        #expect(parser.lastEventID == "a:1" && parser.retry == nil)
    }
}
