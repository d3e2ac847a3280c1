import BrokerConformance
import Testing

@testable import Gateway

/// What clients send compressed.
@Suite struct CompressedMessageTests {
    private static let maximum = 100_000

    /// A message's payload as a client would compress it.
    private func compressed(_ message: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { bytes in
            DeflaterPool.shared.deflate(bytes, windowBits: 15).copy.dropLast(MessageInflation.end.count)
        }
    }

    private func frame(
        _ payload: [UInt8], opcode: UInt8 = 1, isFinal: Bool = true, reserved: UInt8 = 4
    ) -> ClientFrame {
        ClientFrame(opcode: opcode, payload: payload, isFinal: isFinal, reserved: reserved)
    }

    private func events(_ frames: ClientFrame...) -> [Seen] {
        var decoder = WebSocketDecoder(maximumBytes: Self.maximum, allowsCompression: true)
        return decoder.events(frames.flatMap(\.bytes))
    }

    @Test func `a compressed message and a plain one may follow each other`() {
        let text = Samples.text(bytes: 3_000)
        #expect(
            events(frame(compressed(text)), .text("a"), frame(compressed(text), opcode: 2), .ping("p"))
                == [.text(String(decoding: text, as: UTF8.self)), .text("a"), .binary(text), .ping(Array("p".utf8))])
    }

    @Test func `a compressed message may be cut anywhere, with pings between`() {
        let text = Samples.text(bytes: 3_000)
        let payload = compressed(text)
        var decoder = WebSocketDecoder(maximumBytes: Self.maximum, allowsCompression: true)
        var bytes = frame([], isFinal: false).bytes
        for byte in payload { bytes += frame([byte], opcode: 0, isFinal: false, reserved: 0).bytes }
        bytes += ClientFrame.ping().bytes + frame([], opcode: 0, reserved: 0).bytes
        let seen = bytes.flatMap { decoder.events([$0]) }
        #expect(seen == [.ping([]), .text(String(decoding: text, as: UTF8.self))])
        #expect(decoder.heldBytes == 0)
    }

    @Test(arguments: [[], [0x00], [0x02, 0x00], [0x03, 0x00, 0x00]] as [[UInt8]])
    func `an empty message may be written in several ways`(payload: [UInt8]) {
        #expect(events(frame(payload)) == [.text("")])
    }

    @Test func `blocks may follow one that says it is the last`() {
        // RFC 7692 §7.2.3.4: "Hello" in a block with BFINAL, and the byte behind it.
        #expect(events(frame([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])) == [.text("Hello")])
    }

    @Test func `RSV1 belongs to a message's first frame, and to no control frame`() {
        let (one, other) = (frame([0xF2], isFinal: false), frame([0x00], opcode: 0, reserved: 4))
        #expect(events(one, other) == [.failure(1002)])
        #expect(events(frame([], opcode: 9)) == [.failure(1002)])
        #expect(events(frame([0x03, 0xE8], opcode: 8)) == [.failure(1002)])
        #expect(events(frame([0x00], reserved: 6)) == [.failure(1002)])
        #expect(decode(frame([0x00])) == [.failure(1002)], "and is an error where nothing was agreed upon")
    }

    @Test func `what inflates to more than a message may have is refused as soon as it does`() {
        var decoder = WebSocketDecoder(maximumBytes: Self.maximum, allowsCompression: true)
        let bomb = compressed([UInt8](repeating: 0, count: 20 << 20))
        #expect(bomb.count <= MessageInflation.maximumWireBytes(maximumBytes: Self.maximum))
        let header = ClientFrame(opcode: 1, reserved: 4, declared: UInt64(bomb.count)).bytes
        let key = ClientFrame.text("").key
        var sent = 0
        var seen: [Seen] = []
        for start in stride(from: 0, to: bomb.count, by: 64) where seen.isEmpty {
            let piece = bomb[start..<min(start + 64, bomb.count)].enumerated().map { $1 ^ key[$0 % 4] }
            seen = decoder.events(start == 0 ? header + piece : piece)
            sent += piece.count
            #expect(decoder.heldBytes <= 2 * Self.maximum)
        }
        #expect(seen == [.failure(1009)])
        #expect(sent < 1_024, "long before its end")
        #expect(decoder.heldBytes == 0)
    }

    @Test func `a message of the largest size is taken, and not one byte more`() {
        let text = Samples.text(bytes: Self.maximum)
        #expect(events(frame(compressed(text))) == [.text(String(decoding: text, as: UTF8.self))])
        #expect(events(frame(compressed(text + [0x61]))) == [.failure(1009)])
    }

    @Test func `empty blocks without end are refused`() {
        let blocks = [UInt8](repeating: 0, count: 60_000).enumerated().map { [0, 0, 0, 0xFF, 0xFF][$0.offset % 5] }
            .map { UInt8($0) }
        var decoder = WebSocketDecoder(maximumBytes: Self.maximum, allowsCompression: true)
        var seen = decoder.events(frame(blocks, isFinal: false).bytes)
        for _ in 0..<3 { seen += decoder.events(frame(blocks, opcode: 0, isFinal: false, reserved: 0).bytes) }
        #expect(seen == [.failure(1009)])
    }

    @Test(arguments: [[0x07], [0xFF, 0xFF], [0xF2, 0x48, 0xCD], [0x02, 0x09, 0x00]] as [[UInt8]])
    func `what is no deflate, or cut off, is refused`(payload: [UInt8]) {
        #expect(events(frame(payload)) == [.failure(1007)])
    }

    @Test func `text is checked when it is inflated, a character may be cut by frames`() {
        let payload = compressed(Array("κόσμε".utf8))
        let (one, other) = (Array(payload[..<3]), Array(payload[3...]))
        #expect(events(frame(one, isFinal: false), frame(other, opcode: 0, reserved: 0)) == [.text("κόσμε")])
        #expect(events(frame(compressed([0x61, 0xC3]))) == [.failure(1007)])
        #expect(events(frame(compressed([0xED, 0xA0, 0x80]))) == [.failure(1007)])
        #expect(events(frame(compressed([0xED, 0xA0, 0x80]), opcode: 2)) == [.binary([0xED, 0xA0, 0x80])])
    }

    @Test("Random bytes as compressed messages never crash, and give nothing above the bound", arguments: 0..<8)
    func noise(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            var payload = compressed(Samples.text(bytes: Int.random(in: 0...2_000, using: &random), seed: seed))
            for _ in 0..<Int.random(in: 0...3, using: &random) where !payload.isEmpty {
                payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var decoder = WebSocketDecoder(maximumBytes: 1_000, allowsCompression: true)
            for case .binary(let bytes) in decoder.events(frame(payload, opcode: 2).bytes) {
                #expect(bytes.count <= 1_000)
            }
        }
    }
}
