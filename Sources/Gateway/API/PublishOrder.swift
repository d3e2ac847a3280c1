import NIOCore
import NIOHTTP1

/// A request that publishes one message and asks for nothing else: `POST` or `PUT` to a channel, by HTTP/1.1, on a
/// connection that is to be kept, with a body of a known and moderate length. No page has sent it, as far as it says.
struct PublishOrder {
    /// Longer bodies are the router's, which reads them as it needs them.
    private static let longestBody = 64 << 10

    let method: String
    let target: String
    let contentType: String?
    let idempotencyKey: String?
    let host: String?
    let authorization: String?
    /// What a proxy calls the request.
    let requestID: String?
    private(set) var body = ByteBuffer()

    /// `nil` for every other request, and for what needs a closer look: repeated headers, `lines`, broken lengths, cookies,
    /// proxies.
    init?(_ head: HTTPRequestHead) {
        guard head.method == .POST || head.method == .PUT, head.version == .http1_1, head.isKeepAlive,
            head.uri.hasPrefix(Target.channels), !Self.mayBeMore(head.uri)
        else { return nil }
        var length: Int?
        var hosts = 0
        var host: String?
        var authorization: String?
        var contentType: String?
        var idempotencyKey: String?
        var requestID: String?
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "host":
                hosts += 1
                host = value
            case "content-length" where length == nil: length = Int(value)
            case "content-type" where contentType == nil: contentType = value
            case "idempotency-key" where idempotencyKey == nil: idempotencyKey = value
            case "authorization" where authorization == nil: authorization = value
            case "x-request-id" where requestID == nil: requestID = value
            case "content-length", "content-type", "idempotency-key", "authorization": return nil
            case "transfer-encoding", "expect", "upgrade", "forwarded", "x-forwarded-for": return nil
            case "origin", "sec-fetch-site", "cookie": return nil
            default: break
            }
        }
        guard hosts == 1, let length, 0...Self.longestBody ~= length else { return nil }
        method = head.method.rawValue
        target = head.uri
        self.contentType = contentType
        self.idempotencyKey = idempotencyKey
        self.host = host
        self.authorization = authorization
        self.requestID = requestID
    }

    /// The query may have `lines` or a token; an escape may spell that too.
    private static func mayBeMore(_ target: String) -> Bool {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return false }
        let query = target[mark...]
        return query.utf8.contains(UInt8(ascii: "%")) || query.contains("lines") || query.contains("token")
    }

    mutating func append(_ bytes: ByteBuffer) {
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }
}
