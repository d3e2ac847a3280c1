import BrokerCore
import Hub

/// A message as a WebSocket frame for readers who take them compressed: compressed once for all of those, where that makes it
/// smaller.
final class DeflatedFrameForm: WireForm {
    /// One for each window that readers may have.
    private static let all = PermessageDeflate.allWindowBits.map {
        DeflatedFrameForm(deflate: PermessageDeflate(windowBits: $0))
    }

    private let deflate: PermessageDeflate

    private init(deflate: PermessageDeflate) {
        self.deflate = deflate
    }

    static func form(_ deflate: PermessageDeflate) -> DeflatedFrameForm {
        all[Int(deflate.windowBits - PermessageDeflate.allWindowBits.lowerBound)]
    }

    func append(_ message: Message, to writer: inout ByteWriter) {
        var object = ByteWriter(capacity: message.data.utf8.count + 256)
        FrameForm.appendObject(message, to: &object)
        let payload = object.finish()
        var frame = ByteWriter(capacity: payload.count + WebSocketEncoder.maximumHeaderBytes)
        payload.withBytes { WebSocketEncoder.emitMessage(.text, $0, deflate) { frame.append($0) } }
        frame.finish().withBytes { writer.append($0) }
    }
}
