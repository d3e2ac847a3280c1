import Hub

/// What stands around a frame's JSON object.
enum FrameEnvelope: Sendable {
    /// A text frame (RFC 6455 §5.2).
    case webSocket
    /// A `data:` line of Server-Sent Events, and an empty one.
    case eventStream

    /// Appends a frame around the object that `content` writes.
    func append(to writer: inout ByteWriter, _ content: (inout ByteWriter) -> Void) {
        switch self {
        case .webSocket: writer.appendTextFrame { $0.object(content) }
        case .eventStream: writer.appendDataLine { $0.object(content) }
        }
    }
}

extension ByteWriter {
    /// Appends a text frame around what `content` writes: room for the usual header is left first, and corrected in the rare
    /// case of a very short or very long content.
    fileprivate mutating func appendTextFrame(_ content: (inout ByteWriter) -> Void) {
        let usualHeader = 4
        let start = count
        skip(usualHeader)
        content(&self)
        let length = count - start - usualHeader
        var header: [UInt8] = []
        WebSocketEncoder.emitHeader(.text, payloadBytes: length) { header += $0 }
        move(from: start + usualHeader, by: header.count - usualHeader)
        header.withUnsafeBytes { patch(at: start, $0) }
    }

    /// Appends JSON as one line. Producers' own JSON may have line ends between its tokens, and nowhere else: there a space
    /// means the same.
    fileprivate mutating func appendDataLine(_ content: (inout ByteWriter) -> Void) {
        append("data: ")
        let start = count
        content(&self)
        edit(from: start) { bytes in
            for index in bytes.indices where bytes[index] == 0x0A || bytes[index] == 0x0D {
                bytes[index] = UInt8(ascii: " ")
            }
        }
        append("\n\n")
    }
}
