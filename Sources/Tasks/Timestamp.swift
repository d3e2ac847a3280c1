#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A time as RFC 3339 writes it, in UTC, with milliseconds: `2026-11-21T03:34:22.123Z`.
struct Timestamp: CustomStringConvertible {
    /// The last moment of the year 9999, which is the last that the form has.
    static let maximum: Int64 = 253_402_300_799_999

    let milliseconds: Int64

    init(_ milliseconds: Int64) { self.milliseconds = milliseconds }

    var description: String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(Int(parts.tm_year) + 1900)-\(Self.padded(parts.tm_mon + 1))-\(Self.padded(parts.tm_mday))"
        let time = "\(Self.padded(parts.tm_hour)):\(Self.padded(parts.tm_min)):\(Self.padded(parts.tm_sec))"
        return "\(date)T\(time).\(Self.padded(Int32(milliseconds % 1000), digits: 3))Z"
    }

    private static func padded(_ number: Int32, digits: Int = 2) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
