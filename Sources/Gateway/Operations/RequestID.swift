import HTTPTypes
import Synchronization

/// The name of one request, in its answer and in the log.
struct RequestID: Sendable, CustomStringConvertible {
    /// The longest that is taken from a proxy, in bytes.
    private static let mostBytes = 128
    /// Tells this process's ids from those of others.
    private static let process = UInt32.random(in: .min ... .max)
    private static let next = Atomic<UInt32>(0)

    let description: String

    /// A new one: 16 hexadecimal digits.
    init() {
        let number = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
        description = Self.digits(UInt64(Self.process) << 32 | UInt64(number))
    }

    private init(text: String) { description = text }

    /// What a trusted proxy calls the request, if that is an id: 1 to 128 letters, digits, `-`, `_`, `.` and `:`. Else a new one.
    init(given: String?, trusted: Bool) {
        if trusted, let given, (1...Self.mostBytes).contains(given.utf8.count), given.utf8.allSatisfy(Self.isAllowed) {
            self.init(text: given)
        } else {
            self.init()
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func digits(_ number: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: number >> (60 - 4 * UInt64(index))) & 0xF
                buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 16
        }
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name("X-Request-Id")!  // A constant that is a valid name.
}
