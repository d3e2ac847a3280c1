import BrokerCore
import Hummingbird
import JSONText
import NIOCore

/// A request body as a message's data.
enum TextBody {
    /// Reads the whole body, no more of it than `limit` bytes.
    /// - Throws: ``Problem`` when it is longer.
    static func read(_ request: Request, limit: Int) async throws -> ByteBuffer {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.tooLarge(limit: limit)
        }
        var whole: ByteBuffer?
        for try await part in request.body {
            if whole == nil { whole = part } else { whole?.writeImmutableBuffer(part) }
            if whole?.readableBytes ?? 0 > limit { throw Problem.tooLarge(limit: limit) }
        }
        return whole ?? ByteBuffer()
    }

    /// - Throws: ``Problem`` when the bytes are no UTF-8.
    static func text(_ buffer: ByteBuffer) throws(Problem) -> String {
        let text = buffer.withUnsafeReadableBytes { String(validating: $0, as: UTF8.self) }
        guard let text else {
            let offset = buffer.withUnsafeReadableBytes { UTF8Validator.firstInvalid(in: $0) }
            throw Problem.invalidUTF8(at: offset ?? 0)
        }
        return text
    }
}
