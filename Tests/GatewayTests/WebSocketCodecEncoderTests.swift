import Gateway
import Testing

@Suite struct WebSocketCodecEncoderTests {
    private func frame(_ opcode: WebSocketOpcode, _ count: Int) -> [UInt8] {
        var output: [UInt8] = []
        [UInt8](repeating: 0x61, count: count).withUnsafeBytes { WebSocketEncoder.append(opcode, $0, to: &output) }
        return output
    }

    private func close(_ code: WebSocketCloseCode?, _ reason: String) -> [UInt8] {
        var output: [UInt8] = []
        WebSocketEncoder.appendClose(code, reason: reason, to: &output)
        return output
    }

    @Test("A header is final and unmasked, with its length in the shortest form")
    func headers() {
        #expect(frame(.text, 0) == [0x81, 0])
        #expect(frame(.binary, 1) == [0x82, 1, 0x61])
        #expect(frame(.ping, 125).prefix(2) == [0x89, 125])
        #expect(frame(.text, 126).prefix(4) == [0x81, 126, 0, 126])
        #expect(frame(.text, 65_535).prefix(4) == [0x81, 126, 0xFF, 0xFF])
        #expect(frame(.text, 65_536).prefix(10) == [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(frame(.text, 65_536).count == 65_546)
    }

    @Test("A header can be emitted by itself")
    func emitsHeader() {
        var header: [UInt8] = []
        WebSocketEncoder.emitHeader(.pong, payloadBytes: 3) { header += $0 }
        #expect(header == [0x8A, 3])
    }

    @Test("A close frame carries code and reason, or nothing")
    func closes() {
        #expect(close(.goingAway, "restart") == [0x88, 9, 0x03, 0xE9] + Array("restart".utf8))
        #expect(close(.normal, "") == [0x88, 2, 0x03, 0xE8])
        #expect(close(nil, "ignored") == [0x88, 0])
    }

    @Test("A long reason is cut to 123 bytes, before a character that would be cut through", arguments: 0..<5)
    func cutsReasons(_ shift: Int) {
        let reason = String(repeating: "x", count: shift) + String(repeating: "🦉", count: 40)
        let frame = close(.normal, reason)
        let kept = String(validating: frame.dropFirst(4), as: UTF8.self)
        #expect(kept == String(repeating: "x", count: shift) + String(repeating: "🦉", count: (123 - shift) / 4))
        #expect(Int(frame[1]) == frame.count - 2)
    }

    @Test("A reason of exactly 123 bytes is not cut")
    func keepsReasons() {
        let reason = String(repeating: "é", count: 61) + "!"
        #expect(close(.normal, reason).dropFirst(4).elementsEqual(reason.utf8))
    }
}
