import Gateway
import Testing

@Suite struct WebSocketCodecFramingTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let code: UInt16
        var testDescription: String { name }

        init(_ name: String, _ code: UInt16, _ frames: ClientFrame...) {
            (self.name, self.code, bytes) = (name, code, frames.flatMap(\.bytes))
        }
    }

    static let refused: [Refused] = [
        Refused("unmasked text", 1002, ClientFrame(opcode: 1, payload: [0x61], isMasked: false)),
        Refused("unmasked empty ping", 1002, ClientFrame(opcode: 9, isMasked: false)),
        Refused("RSV1", 1002, ClientFrame(opcode: 1, reserved: 4)),
        Refused("RSV2", 1002, ClientFrame(opcode: 1, reserved: 2)),
        Refused("RSV3", 1002, ClientFrame(opcode: 9, reserved: 1)),
        Refused("fragmented ping", 1002, ClientFrame(opcode: 9, isFinal: false)),
        Refused("fragmented pong", 1002, ClientFrame(opcode: 10, isFinal: false)),
        Refused("fragmented close", 1002, ClientFrame(opcode: 8, isFinal: false)),
        Refused("ping of 126 bytes", 1002, ClientFrame(opcode: 9, payload: [UInt8](repeating: 0, count: 126))),
        Refused("close of 126 bytes", 1002, .close(1000, [UInt8](repeating: 0x61, count: 124))),
        Refused("continuation of nothing", 1002, .continuation("a", isFinal: true)),
        Refused("continuation after the end", 1002, .text("a"), .continuation("b", isFinal: false)),
        Refused("text within text", 1002, .text("a", isFinal: false), .text("b")),
        Refused("binary within text", 1002, .text("a", isFinal: false), ClientFrame(opcode: 2)),
        Refused("16-bit length of 125", 1002, ClientFrame(opcode: 1, payload: [0x61], lengthBytes: 2, declared: 125)),
        Refused("16-bit length of 0", 1002, ClientFrame(opcode: 2, lengthBytes: 2)),
        Refused("64-bit length of 65535", 1002, ClientFrame(opcode: 1, lengthBytes: 8, declared: 65_535)),
        Refused("64-bit length with its highest bit", 1002, ClientFrame(opcode: 1, lengthBytes: 8, declared: 1 << 63)),
        Refused("close with half a code", 1002, ClientFrame(opcode: 8, payload: [3])),
        Refused("close reason that is no UTF-8", 1007, .close(1000, [0x61, 0xFF])),
        Refused("close reason that ends in a character", 1007, .close(1000, [0xC3])),
        Refused("one byte too many", 1009, ClientFrame(opcode: 2, declared: 1 << 20 + 1)),
        Refused("100 MB", 1009, ClientFrame(opcode: 1, declared: 100 << 20)),
        Refused("the longest length there is", 1009, ClientFrame(opcode: 1, declared: UInt64.max >> 1)),
        Refused(
            "a second fragment too many", 1009, .text("abc", isFinal: false), ClientFrame(opcode: 0, declared: 1 << 20)),
    ]

    @Test("What RFC 6455 forbids fails with the code it names", arguments: refused)
    func refuses(_ refused: Refused) {
        var decoder = WebSocketDecoder(maximumBytes: 1 << 20)
        #expect(decoder.events(refused.bytes).last == .failure(refused.code))
        #expect(decoder.events(ClientFrame.text("more").bytes) == [], "after a failure input is ignored")
    }

    @Test("Every opcode that has no meaning is refused", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func refusesUnknownOpcodes(_ opcode: UInt8) {
        #expect(decode(.ping(), ClientFrame(opcode: opcode)) == [.ping([]), .failure(1002)])
    }

    @Test("A length above the limit fails before the mask and the payload have come")
    func failsAtTheLength() {
        var decoder = WebSocketDecoder(maximumBytes: 1000)
        let header = ClientFrame(opcode: 1, declared: 1001).bytes.prefix(4)
        #expect(decoder.events(header.dropLast()) == [])
        #expect(decoder.events(header.suffix(1)) == [.failure(1009)])
    }

    @Test("A message as large as the limit is taken, in one frame and in fragments")
    func takesTheLimit() {
        let text = String(repeating: "é", count: 500)
        #expect(decode(.text(text), maximumBytes: 1000) == [.text(text)])
        let half = String(repeating: "é", count: 250)
        let frames = decode(.text(half, isFinal: false), .continuation(half, isFinal: true), maximumBytes: 1000)
        #expect(frames == [.text(text)])
        #expect(
            decode(.text(half + "a", isFinal: false), .continuation(half, isFinal: true), maximumBytes: 1000)
                == [.failure(1009)])
        #expect(decode(.text(""), .text("a"), maximumBytes: 0) == [.text(""), .failure(1009)])
    }

    @Test("A close frame gives its code and reason, and nothing follows it")
    func closes() {
        #expect(decode(ClientFrame(opcode: 8), .text("late")) == [.close(nil, "")])
        #expect(decode(.close(1000), .text("late")) == [.close(1000, "")])
        #expect(decode(.close(4001, Array("enough – thanks".utf8)), .ping()) == [.close(4001, "enough – thanks")])
    }

    @Test("The close codes that may be sent are accepted, all others refused")
    func closeCodes() {
        let allowed = Set<UInt16>((1000...1003).map { $0 } + (1007...1014) + (3000...4999))
        for code in UInt16.min...UInt16.max {
            let expected: Seen = allowed.contains(code) ? .close(code, "") : .failure(1002)
            #expect(decode(.close(code)) == [expected])
        }
    }
}
