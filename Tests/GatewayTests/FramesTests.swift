import BrokerCore
import Hub
import Testing

@testable import Gateway

@Suite struct FramesTests {
    private func text(_ bytes: SharedBytes) -> String { String(decoding: Array(bytes.bytes), as: UTF8.self) }

    private func encoded(_ data: String, _ format: DataFormat, _ form: FrameForm) throws -> String {
        let message = Message(
            channel: try ChannelName("c"), epoch: try #require(Epoch("k3f9")), offset: 7, event: .message, data: data,
            format: format, time: 0, retain: nil)
        var writer = ByteWriter()
        form.append(message, to: &writer)
        return text(writer.finish())
    }

    private func object(_ data: String) -> String {
        #"{"type":"message","channel":"c","epoch":"k3f9","offset":7,"event":"message","data":\#(data),"#
            + #""time":"1970-01-01T00:00:00.000Z"}"#
    }

    @Test func `over events a frame is one line of data`() throws {
        #expect(try encoded("a\nb", .text, .eventStream) == "data: \(object(#""a\nb""#))\n\n")
        #expect(text(Frames(envelope: .eventStream).ping()) == "data: {\"type\":\"ping\"}\n\n")
    }

    @Test(arguments: ["\n", "\r", "\r\n", "\n\n"])
    func `line ends within a producer's JSON become spaces, which mean the same`(end: String) throws {
        let written = "{\(end)\"a\": [1,\(end)2]}"
        let spaces = String(repeating: " ", count: end.utf8.count)
        let expected = "{\(spaces)\"a\": [1,\(spaces)2]}"
        #expect(try encoded(written, .json, .eventStream) == "data: \(object(expected))\n\n")
    }

    @Test func `over WebSocket a producer's JSON stays as it was written`() throws {
        let frame = try encoded("[1,\n2]", .json, .webSocket)
        #expect(frame.hasSuffix(object("[1,\n2]")))
    }
}
