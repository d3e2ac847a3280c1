import BrokerCore
import Hummingbird
import NIOCore

/// A request body as a message's data.
enum TextBody {
    /// Reads the whole body, no more of it than `limit` bytes.
    /// - Throws: ``Problem`` when it is longer, or no UTF-8.
    static func read(_ request: Request, limit: Int) async throws -> String {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.tooLarge(limit: limit)
        }
        var whole: ByteBuffer?
        for try await part in request.body {
            if whole == nil { whole = part } else { whole?.writeImmutableBuffer(part) }
            if whole?.readableBytes ?? 0 > limit { throw Problem.tooLarge(limit: limit) }
        }
        return try text(whole ?? ByteBuffer())
    }

    /// - Throws: ``Problem`` when the bytes are no UTF-8.
    static func text(_ buffer: ByteBuffer) throws(Problem) -> String {
        let (text, offset) = buffer.withUnsafeReadableBytes { bytes in
            (String(validating: bytes, as: UTF8.self), UTF8Validator.firstInvalid(in: bytes) ?? 0)
        }
        guard let text else { throw Problem.invalidUTF8(at: offset) }
        return text
    }
}
