import BrokerCore
import Hub

/// A message as a frame: one JSON object.
final class FrameForm: WireForm {
    static let webSocket = FrameForm(.webSocket)
    static let eventStream = FrameForm(.eventStream)

    private let envelope: FrameEnvelope

    private init(_ envelope: FrameEnvelope) {
        self.envelope = envelope
    }

    func append(_ message: Message, to writer: inout ByteWriter) {
        envelope.append(to: &writer) { writer in
            writer.member("type", "message")
            writer.members(of: message)
        }
    }
}
