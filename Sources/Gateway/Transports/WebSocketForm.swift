import BrokerCore
import Hub

/// A message as a WebSocket text frame with one JSON object.
final class WebSocketForm: WireForm {
    static let shared = WebSocketForm()

    func append(_ message: Message, to writer: inout ByteWriter) {
        writer.appendTextFrame { writer in
            writer.object { writer in
                writer.member("type", "message")
                writer.members(of: message)
            }
        }
    }
}

extension ByteWriter {
    /// Appends a text frame (RFC 6455 §5.2) around what `content` writes: room for the usual header is left first, and
    /// corrected in the rare case of a very short or very long content.
    mutating func appendTextFrame(_ content: (inout ByteWriter) -> Void) {
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
}
