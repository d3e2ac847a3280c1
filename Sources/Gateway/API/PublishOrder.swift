import NIOCore
import NIOHTTP1

/// A request that publishes one message and asks for nothing else: `POST` or `PUT` to a channel, by HTTP/1.1, on a
/// connection that is to be kept, with a body of a known and moderate length.
struct PublishOrder {
    /// Longer bodies are the router's, which reads them as it needs them.
    private static let longestBody = 64 << 10

    let target: String
    let contentType: String?
    let idempotencyKey: String?
    private(set) var body = ByteBuffer()

    /// `nil` for every other request, and for what needs a closer look: repeated headers, `lines`, broken lengths.
    init?(_ head: HTTPRequestHead) {
        guard head.method == .POST || head.method == .PUT, head.version == .http1_1, head.isKeepAlive,
            head.uri.hasPrefix(Target.channels), !Self.mayBeLines(head.uri)
        else { return nil }
        var length: Int?
        var hosts = 0
        var contentType: String?
        var idempotencyKey: String?
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "host": hosts += 1
            case "content-length" where length == nil: length = Int(value)
            case "content-type" where contentType == nil: contentType = value
            case "idempotency-key" where idempotencyKey == nil: idempotencyKey = value
            case "content-length", "content-type", "idempotency-key": return nil
            case "transfer-encoding", "expect", "upgrade": return nil
            default: break
            }
        }
        guard hosts == 1, let length, 0...Self.longestBody ~= length else { return nil }
        target = head.uri
        self.contentType = contentType
        self.idempotencyKey = idempotencyKey
    }

    /// An escape may spell `lines` too.
    private static func mayBeLines(_ target: String) -> Bool {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return false }
        let query = target[mark...]
        return query.utf8.contains(UInt8(ascii: "%")) || query.contains("lines")
    }

    mutating func append(_ bytes: ByteBuffer) {
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }
}
