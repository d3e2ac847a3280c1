import Gateway
import Testing

@Suite struct WebSocketCodecDecoderTests {
    /// A bit of everything, with a payload for each form of length.
    static let conversation: [(frames: [ClientFrame], event: [Seen])] = [
        ([.text("Hello")], [.text("Hello")]),
        ([.text("")], [.text("")]),
        ([ClientFrame(opcode: 2, payload: [0, 255, 128])], [.binary([0, 255, 128])]),
        (
            [
                .text("na", isFinal: false), .ping("?"), .continuation("ïve 日本 ", isFinal: false),
                ClientFrame(opcode: 10, payload: [1]), .continuation("🦉", isFinal: true),
            ],
            [.ping([63]), .pong([1]), .text("naïve 日本 🦉")]
        ),
        (
            [
                ClientFrame(opcode: 1, payload: [0xF0, 0x9F], isFinal: false), .continuation("", isFinal: false),
                ClientFrame(opcode: 0, payload: [0xA6, 0x89]),
            ], [.text("🦉")]
        ),
        ([ClientFrame(opcode: 2, isFinal: false), ClientFrame(opcode: 0, payload: [7])], [.binary([7])]),
        ([.text(String(repeating: "ab", count: 63))], [.text(String(repeating: "ab", count: 63))]),
        ([ClientFrame(opcode: 9, payload: Array(0..<125))], [.ping(Array(0..<125))]),
        ([.close(1001, Array("bye".utf8))], [.close(1001, "bye")]),
    ]

    static var bytes: [UInt8] { conversation.flatMap(\.frames).flatMap(\.bytes) }
    static var expected: [Seen] { conversation.flatMap(\.event) }

    @Test("A conversation is the same events however its bytes are cut in two")
    func everyCutInTwo() {
        for cut in 0...Self.bytes.count {
            var decoder = WebSocketDecoder(maximumBytes: 1024)
            let events = decoder.events(Self.bytes[..<cut]) + decoder.events(Self.bytes[cut...])
            #expect(events == Self.expected, "cut at \(cut)")
        }
    }

    @Test(
        "A conversation is the same events byte by byte, and in pieces of any size", arguments: [1, 2, 3, 5, 7, 8, 64])
    func pieces(_ size: Int) {
        var decoder = WebSocketDecoder(maximumBytes: 1024)
        var events: [Seen] = []
        for start in stride(from: 0, to: Self.bytes.count, by: size) {
            events += decoder.events(Self.bytes[start..<min(start + size, Self.bytes.count)])
        }
        #expect(events == Self.expected)
    }

    @Test(
        "Payloads around every form of length come through, whatever the key",
        arguments: [
            0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 70_001,
        ])
    func lengths(_ count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for key in [[0, 0, 0, 0], [1, 2, 3, 4], [255, 0, 255, 128]] as [[UInt8]] {
            #expect(decode(ClientFrame(opcode: 2, payload: payload, key: key)) == [.binary(payload)])
        }
    }

    @Test(
        "Bad UTF-8 fails with the byte that shows it, not with the end of the message",
        arguments: [
            [0xC0], [0xFF], [0x61, 0x80], [0xE0, 0x80], [0xED, 0xA0], [0xF4, 0x90], [0xF5],
            [0xCE, 0xBA, 0xE1, 0xBD, 0x41],
        ] as [[UInt8]])
    func failsFast(_ bad: [UInt8]) {
        var decoder = WebSocketDecoder(maximumBytes: 1024)
        let frame = ClientFrame(opcode: 1, payload: bad + [UInt8](repeating: 0x61, count: 100), isFinal: false).bytes
        let shown = 6 + bad.count
        #expect(decoder.events(frame[..<(shown - 1)]) == [])
        #expect(decoder.events(frame[(shown - 1)..<shown]) == [.failure(1007)])
    }

    @Test("A text that ends within a character fails, also when its last fragment is empty")
    func halfCharacters() {
        #expect(decode(ClientFrame(opcode: 1, payload: [0xE2, 0x82])) == [.failure(1007)])
        #expect(
            decode(ClientFrame(opcode: 1, payload: [0xE2], isFinal: false), .continuation("", isFinal: true))
                == [.failure(1007)])
    }

    @Test("Binary messages may hold any bytes")
    func binaryIsNotText() {
        #expect(decode(ClientFrame(opcode: 2, payload: [0xC0, 0xFF])) == [.binary([0xC0, 0xFF])])
    }

    @Test("A hundred thousand fragments are one message, and empty ones cost nothing")
    func manyFragments() {
        var decoder = WebSocketDecoder(maximumBytes: 100_000)
        #expect(decoder.events(ClientFrame.text("", isFinal: false).bytes) == [])
        let fragments =
            ClientFrame.continuation("a", isFinal: false).bytes + ClientFrame.continuation("", isFinal: false).bytes
        for _ in 0..<100_000 { #expect(decoder.events(fragments) == []) }
        let text = String(repeating: "a", count: 100_000)
        #expect(decoder.events(ClientFrame.continuation("", isFinal: true).bytes) == [.text(text)])
    }

    @Test("A decoder is small, for it is held for each connection")
    func isSmall() {
        #expect(MemoryLayout<WebSocketDecoder>.size <= 64)
    }

    @Test("Memory is held only for bytes that came of a message that is not whole")
    func memory() {
        var decoder = WebSocketDecoder(maximumBytes: 1 << 20)
        let frame = ClientFrame(opcode: 2, payload: [UInt8](repeating: 7, count: 1 << 20)).bytes
        _ = decoder.events(frame.prefix(14))
        #expect(decoder.heldBytes == 0, "a declared length costs nothing")
        _ = decoder.events(frame[14..<114])
        #expect((100..<1000).contains(decoder.heldBytes))
        var most = 0
        for start in stride(from: 114, to: frame.count, by: 1000) {
            most = max(most, decoder.heldBytes)
            _ = decoder.events(frame[start..<min(start + 1000, frame.count)])
        }
        #expect(most < 1 << 20 + 8192, "the limit, and what the allocator rounds up to")
        #expect(decoder.heldBytes == 0)
        _ = decoder.events(ClientFrame.ping("pong?").bytes.dropLast())
        #expect((4...200).contains(decoder.heldBytes))
        #expect(decoder.events(ClientFrame.ping("pong?").bytes.suffix(1)) == [.ping(Array("pong?".utf8))])
        #expect(decoder.heldBytes == 0)
    }

    @Test("Whoever stops pulling finds the rest of the input untouched")
    func pulling() {
        var decoder = WebSocketDecoder(maximumBytes: 100)
        let second = ClientFrame.text("b").bytes
        var scratch = ClientFrame.text("a").bytes + second
        scratch.withUnsafeMutableBytes { buffer in
            var input = buffer
            #expect(decoder.next(&input).map(Seen.init) == .text("a"))
            #expect(Array(input) == second)
        }
    }
}
