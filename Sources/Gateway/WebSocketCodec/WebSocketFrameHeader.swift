/// What a frame is (RFC 6455 §5.2).
package enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames hold at most ``WebSocketFrameHeader/maximumControlBytes`` and may stand between fragments.
    package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The header of a client's frame up to its masking key, read byte by byte (RFC 6455 §5.2), with the rules that a
/// header can break by itself.
package struct WebSocketFrameHeader: Hashable, Sendable {
    /// The largest payload of a control frame, in bytes (RFC 6455 §5.5).
    package static let maximumControlBytes = 125
    /// RSV1.
    static let compressed: UInt8 = 0x40

    /// Of the payload, in bytes.
    private(set) var length: UInt64 = 0
    private(set) var opcode = WebSocketOpcode.continuation
    private(set) var isFinal = false
    /// RSV1 is set: with this frame a compressed message begins (RFC 7692 §6).
    private(set) var isCompressed = false
    private let allowsCompression: Bool
    private var bytesRead: UInt8 = 0
    /// Bytes of the extended length: 0, 2 or 8.
    private var lengthBytes: UInt8 = 0

    /// - Parameter allowsCompression: RSV1 may be set where a message begins.
    init(allowsCompression: Bool) {
        self.allowsCompression = allowsCompression
    }

    /// That of the frame behind, of which nothing was read yet.
    var next: WebSocketFrameHeader { Self(allowsCompression: allowsCompression) }

    /// `true` when the header is complete.
    mutating func accept(_ byte: UInt8) throws(WebSocketFailure) -> Bool {
        bytesRead += 1
        switch bytesRead {
        case 1: try acceptKind(byte)
        case 2: try acceptShortLength(byte)
        default: length = length << 8 | UInt64(byte)
        }
        guard bytesRead == 2 + lengthBytes, bytesRead > 1 else { return false }
        try checkLength()
        return true
    }

    private mutating func acceptKind(_ byte: UInt8) throws(WebSocketFailure) {
        guard let opcode = WebSocketOpcode(rawValue: byte & 0x0F) else { throw .protocolError("unknown opcode") }
        isCompressed = byte & 0x70 == Self.compressed && allowsCompression && (opcode == .text || opcode == .binary)
        guard byte & 0x70 == 0 || isCompressed else { throw .protocolError("reserved bits are set") }
        self.opcode = opcode
        isFinal = byte & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .protocolError("a control frame is fragmented") }
    }

    private mutating func acceptShortLength(_ byte: UInt8) throws(WebSocketFailure) {
        guard byte & 0x80 != 0 else { throw .protocolError("a client's frame is not masked") }
        switch byte & 0x7F {
        case 126: lengthBytes = 2
        case 127: lengthBytes = 8
        case let short: length = UInt64(short)
        }
        guard !opcode.isControl || lengthBytes == 0 else { throw .protocolError("a control frame is too long") }
        guard opcode != .close || length != 1 else { throw .protocolError("a close frame has half a code") }
    }

    private func checkLength() throws(WebSocketFailure) {
        guard length >> 63 == 0 else { throw .protocolError("a length has its highest bit set") }
        guard lengthBytes != 2 || length > 125, lengthBytes != 8 || length > 0xFFFF else {
            throw .protocolError("a length is not in its shortest form")
        }
    }
}
