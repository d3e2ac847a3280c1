/// The masking of a client's payload (RFC 6455 §5.3), which goes on from piece to piece.
struct WebSocketMask: Hashable, Sendable {
    /// The lowest byte is for the next byte of the payload.
    private var key: UInt32 = 0

    /// Takes the next of the key's four bytes.
    mutating func accept(_ byte: UInt8) {
        key = key >> 8 | UInt32(byte) << 24
    }

    /// Unmasks the next piece of the payload in place, eight bytes at a time.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        let word = (UInt64(key) << 32 | UInt64(key)).littleEndian
        var index = 0
        while index + 8 <= bytes.count {
            let masked = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: masked ^ word, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key)
            key = key >> 8 | key << 24
            index += 1
        }
    }
}
