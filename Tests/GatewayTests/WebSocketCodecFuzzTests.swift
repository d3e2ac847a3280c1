import BrokerConformance
import Gateway
import Testing

@Suite struct WebSocketCodecFuzzTests {
    private func randomFrame(_ random: inout SplitMix64) -> ClientFrame {
        let opcode = ([0, 0, 1, 1, 2, 2, 8, 9, 10, 3] as [UInt8]).randomElement(using: &random) ?? 0
        let alphabet: [UInt8] = [0x61, 0x62, 0x63, 0xC3, 0xA9, 0x00]
        let count = Int.random(in: 0...Int.random(in: 0...300, using: &random), using: &random)
        var frame = ClientFrame(opcode: opcode, isFinal: Int.random(in: 0..<3, using: &random) > 0)
        frame.payload = (0..<count).map { _ in alphabet[Int.random(in: 0..<6, using: &random) % (opcode == 1 ? 3 : 6)] }
        frame.key = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
        return frame
    }

    private func pieces(_ bytes: [UInt8], _ random: inout SplitMix64) -> [ArraySlice<UInt8>] {
        var (pieces, start) = ([ArraySlice<UInt8>](), 0)
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...100, using: &random))
            pieces.append(bytes[start..<end])
            start = end
        }
        return pieces
    }

    @Test("Random frames, some of them broken, give the same events in any pieces", arguments: 0..<8)
    func frames(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            var bytes = (0..<Int.random(in: 1...8, using: &random)).flatMap { _ in randomFrame(&random).bytes }
            if Bool.random(using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            var whole = WebSocketDecoder(maximumBytes: 500)
            var pieced = whole
            let expected = whole.events(bytes)
            let events = pieces(bytes, &random).flatMap { pieced.events($0) }
            #expect(events == expected)
        }
    }

    @Test("Random bytes never crash, end at most once, and give no message above the limit", arguments: 0..<8)
    func noise(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            var decoder = WebSocketDecoder(maximumBytes: 64)
            let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
            var events: [Seen] = []
            for piece in pieces([0x82, 0x81] + bytes, &random) {
                events += decoder.events(piece)
                #expect(decoder.heldBytes <= 64 + 125 + 64, "both bounds, and what the allocator rounds up to")
            }
            for event in events.dropLast() {
                switch event {
                case .close, .failure: Issue.record("something follows the end")
                case .text(let text): #expect(text.utf8.count <= 64)
                case .binary(let bytes): #expect(bytes.count <= 64)
                case .ping, .pong: break
                }
            }
        }
    }
}
