import HTTPTypes
import Hub
import NIOCore
import NIOHTTP1

/// A connection of HTTP/1.1 carries one request at a time.
extension ConnectionWatch: RequestCarrier {
    var isOneOfMany: Bool { false }

    /// RFC 9112 §6.3.
    func hasBody(_ request: HTTPRequest) -> Bool {
        request.headerFields[.contentLength] != nil || request.headerFields[.transferEncoding] != nil
    }

    func problem(of error: any Error, _ limits: RequestLimits) -> Problem? {
        guard let parsing = error as? HTTPParserError else { return nil }
        guard parsing == .headerOverflow else {
            return Problem(.badRequest, "invalid_http", "this is no HTTP/1.1 request (RFC 9112)")
        }
        if !hasRequestLine {
            return Problem(.uriTooLong, "target_too_long", "a request line may have \(limits.bytes) bytes")
        }
        return limits.headersTooLarge
    }

    func handOver(to hub: Hub, holds more: [Hold], _ transport: @escaping @Sendable () -> any Transport) {
        guard let channel = context?.channel else { return }
        becameStream()
        Handover(channel: channel, hub: hub, takesSocket: takesSocket, holds: holds + more).begin(transport)
    }
}
