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
        envelope.append(to: &writer) { Self.appendMembers(message, to: &$0) }
    }

    /// Appends the object alone.
    static func appendObject(_ message: Message, to writer: inout ByteWriter) {
        writer.object { appendMembers(message, to: &$0) }
    }

    private static func appendMembers(_ message: Message, to writer: inout ByteWriter) {
        writer.member("type", "message")
        writer.members(of: message)
    }
}
