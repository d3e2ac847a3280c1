package import Hub
import JSONText

extension ByteWriter {
    /// Appends a time as RFC 3339 has it, in UTC, with milliseconds: `2026-11-21T03:34:22.123Z`.
    package mutating func append(timestamp milliseconds: Int64) {
        Timestamp(milliseconds).emit { append($0) }
    }
}
