import HTTPTypes
import NIOCore

extension ByteBuffer {
    /// Writes a whole answer of HTTP/1.1 (RFC 9112 §2.1), with the headers that every answer has.
    /// - Parameters:
    ///   - closes: the connection ends with it.
    ///   - id: the request's.
    mutating func writeAnswer(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: ByteBuffer, closes: Bool = false,
        id: RequestID? = nil
    ) {
        writeAnswerHead(status, fields)
        if let id {
            writeString("X-Request-Id: ")
            id.write(to: &self)
            writeString("\r\n")
        }
        writeString("Content-Length: ")
        writeString(String(body.readableBytes))
        writeString(closes ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
        writeImmutableBuffer(body)
    }

    private mutating func writeAnswerHead(_ status: HTTPResponse.Status, _ fields: HTTPFields) {
        writeString("HTTP/1.1 ")
        writeString(String(status.code))
        writeString(" ")
        writeString(status.reasonPhrase)
        writeString("\r\nX-Content-Type-Options: nosniff\r\n")
        for field in fields {
            writeString(field.name.rawName)
            writeString(": ")
            writeString(field.value)
            writeString("\r\n")
        }
    }
}
