import Gateway

/// A client's frame, valid unless it is asked to be otherwise.
struct ClientFrame {
    var opcode: UInt8
    var payload: [UInt8] = []
    var isFinal = true
    var reserved: UInt8 = 0
    var isMasked = true
    var key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    /// Bytes of the extended length, where not the shortest form is wanted.
    var lengthBytes: Int?
    /// A length that is declared whatever the payload.
    var declared: UInt64?

    static func text(_ text: String, isFinal: Bool = true) -> Self {
        Self(opcode: 1, payload: Array(text.utf8), isFinal: isFinal)
    }
    static func continuation(_ text: String, isFinal: Bool) -> Self {
        Self(opcode: 0, payload: Array(text.utf8), isFinal: isFinal)
    }
    static func ping(_ text: String = "") -> Self { Self(opcode: 9, payload: Array(text.utf8)) }
    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> Self {
        Self(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    var bytes: [UInt8] {
        let length = declared ?? UInt64(payload.count)
        let extra = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
        let short = extra == 0 ? UInt8(length) : extra == 2 ? 126 : 127
        var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode, (isMasked ? 0x80 : 0) | short]
        for index in (0..<extra).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * UInt64(index)))) }
        guard isMasked else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }
}

/// An event, copied out of the decoder's buffers.
enum Seen: Hashable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
    case failure(UInt16)

    init(_ event: WebSocketEvent) {
        switch event {
        case .text(let payload): self = .text(String(decoding: payload.copy(), as: UTF8.self))
        case .binary(let payload): self = .binary(payload.copy())
        case .ping(let payload): self = .ping(payload.copy())
        case .pong(let payload): self = .pong(payload.copy())
        case .close(let code, let reason): self = .close(code?.rawValue, reason)
        case .failure(let failure): self = .failure(failure.code.rawValue)
        }
    }
}

extension WebSocketPayload {
    func copy() -> [UInt8] { withUnsafeBytes { Array($0) } }
}

extension WebSocketDecoder {
    /// Decodes from a buffer that is overwritten afterwards, as a shared one is.
    mutating func events(_ bytes: some Sequence<UInt8>) -> [Seen] {
        var scratch = Array(bytes)
        return scratch.withUnsafeMutableBytes { buffer in
            var input = buffer
            var seen: [Seen] = []
            while let event = next(&input) { seen.append(Seen(event)) }
            precondition(input.isEmpty, "nil means that the input is used up")
            for index in buffer.indices { buffer[index] = 0xAA }
            return seen
        }
    }
}

/// What a new decoder makes of frames that come all at once.
func decode(_ frames: ClientFrame..., maximumBytes: Int = 1 << 20) -> [Seen] {
    var decoder = WebSocketDecoder(maximumBytes: maximumBytes)
    return decoder.events(frames.flatMap(\.bytes))
}
