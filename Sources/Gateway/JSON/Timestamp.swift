import Glibc
package import Hub

extension ByteWriter {
    /// Appends a time as RFC 3339 has it, in UTC, with milliseconds: `2026-11-21T03:34:22.123Z`.
    package mutating func append(timestamp milliseconds: Int64) {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        append(padded: Int(parts.tm_year) + 1900, digits: 4)
        append(byte: UInt8(ascii: "-"))
        append(padded: Int(parts.tm_mon) + 1, digits: 2)
        append(byte: UInt8(ascii: "-"))
        append(padded: Int(parts.tm_mday), digits: 2)
        append(byte: UInt8(ascii: "T"))
        append(padded: Int(parts.tm_hour), digits: 2)
        append(byte: UInt8(ascii: ":"))
        append(padded: Int(parts.tm_min), digits: 2)
        append(byte: UInt8(ascii: ":"))
        append(padded: Int(parts.tm_sec), digits: 2)
        append(byte: UInt8(ascii: "."))
        append(padded: Int(milliseconds % 1_000), digits: 3)
        append(byte: UInt8(ascii: "Z"))
    }

    private mutating func append(padded number: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(byte: UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
