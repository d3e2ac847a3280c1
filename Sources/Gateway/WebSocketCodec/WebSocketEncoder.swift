/// The server's frames: final and unmasked (RFC 6455 §5.1).
///
/// The functions that emit hand out bytes which are good only for the call; those that append do it into an array.
package enum WebSocketEncoder {
    /// The longest header, in bytes.
    package static let maximumHeaderBytes = 10
    /// The longest reason of a close frame, in bytes: a control frame's payload without the code.
    package static let maximumReasonBytes = WebSocketFrameHeader.maximumControlBytes - 2

    /// The header of a frame that holds so many bytes; a control frame may have 125 at most.
    package static func emitHeader(
        _ opcode: WebSocketOpcode, payloadBytes: Int, isCompressed: Bool = false,
        _ emit: (UnsafeRawBufferPointer) -> Void
    ) {
        assert(!opcode.isControl || payloadBytes <= WebSocketFrameHeader.maximumControlBytes && !isCompressed)
        withUnsafeTemporaryAllocation(byteCount: maximumHeaderBytes, alignment: 1) { header in
            header[0] = 0x80 | opcode.rawValue | (isCompressed ? WebSocketFrameHeader.compressed : 0)
            let count = writeLength(payloadBytes, to: header)
            emit(UnsafeRawBufferPointer(rebasing: header[..<count]))
        }
    }

    package static func append(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        emitHeader(opcode, payloadBytes: payload.count) { output.append(contentsOf: $0) }
        output.append(contentsOf: payload)
    }

    /// Emits a message, header and payload, compressed if that makes it smaller, or always.
    package static func emitMessage(
        _ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer, _ deflate: PermessageDeflate,
        always: Bool = false, _ emit: (UnsafeRawBufferPointer) -> Void
    ) {
        deflate.withCompressed(payload, always: always) { compressed in
            let content = compressed ?? payload
            emitHeader(opcode, payloadBytes: content.count, isCompressed: compressed != nil, emit)
            emit(content)
        }
    }

    /// A close frame. Without a code it has no payload. A reason that is too long is cut before the character that
    /// crosses ``maximumReasonBytes``.
    package static func appendClose(_ code: WebSocketCloseCode?, reason: String = "", to output: inout [UInt8]) {
        var payload: [UInt8] = []
        if let code {
            payload = [UInt8(code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)]
            payload.append(contentsOf: reason.utf8.prefix(cut(reason.utf8)))
        }
        payload.withUnsafeBytes { append(.close, $0, to: &output) }
    }

    private static func writeLength(_ length: Int, to header: UnsafeMutableRawBufferPointer) -> Int {
        switch length {
        case ...125:
            header[1] = UInt8(length)
            return 2
        case ...0xFFFF:
            header[1] = 126
            header.storeBytes(of: UInt16(length).bigEndian, toByteOffset: 2, as: UInt16.self)
            return 4
        default:
            header[1] = 127
            header.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 2, as: UInt64.self)
            return 10
        }
    }

    private static func cut(_ reason: String.UTF8View) -> Int {
        guard reason.count > maximumReasonBytes else { return reason.count }
        let bytes = Array(reason.prefix(maximumReasonBytes + 1))
        // A continuation byte in the first place that is cut off means that its character began before.
        return bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
    }
}
