#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A time as RFC 3339 writes it, in UTC, with milliseconds: `2026-11-21T03:34:22.123Z`.
package struct Timestamp: CustomStringConvertible {
    /// The last moment of the year 9999, which is the last that the form has.
    package static let maximum: Int64 = 253_402_300_799_999
    /// The digits are put in their places.
    private static let form: StaticString = "0000-00-00T00:00:00.000Z"

    /// Since 1970; not below 0.
    package let milliseconds: Int64

    package init(_ milliseconds: Int64) { self.milliseconds = milliseconds }

    package var description: String {
        var text = ""
        emit { text = String(decoding: $0, as: UTF8.self) }
        return text
    }

    /// Hands out the bytes, which are good for the call only.
    package func emit(_ emit: (UnsafeRawBufferPointer) -> Void) {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        withUnsafeTemporaryAllocation(byteCount: Self.form.utf8CodeUnitCount, alignment: 1) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: Self.form.utf8Start, count: bytes.count))
            func put(_ number: Int, digits: Int = 2, before end: Int) {
                var rest = number
                for index in 1...digits {
                    bytes[end - index] += UInt8(rest % 10)
                    rest /= 10
                }
            }
            put(Int(parts.tm_year) + 1900, digits: 4, before: 4)
            put(Int(parts.tm_mon) + 1, before: 7)
            put(Int(parts.tm_mday), before: 10)
            put(Int(parts.tm_hour), before: 13)
            put(Int(parts.tm_min), before: 16)
            put(Int(parts.tm_sec), before: 19)
            put(Int(milliseconds % 1000), digits: 3, before: 23)
            emit(UnsafeRawBufferPointer(bytes))
        }
    }
}
