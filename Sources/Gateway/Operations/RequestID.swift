import HTTPTypes
import NIOCore
import Synchronization

/// The name of one request, in its answer and in the log. A number of our own becomes text where it is written, and not before.
struct RequestID: Sendable, CustomStringConvertible {
    private enum Name {
        case made(UInt64)
        case given(String)
    }

    /// The digits of a number.
    private static let digits = 16
    /// The longest that is taken from a proxy, in bytes.
    private static let mostBytes = 128
    /// Tells this process's ids from those of others.
    private static let process = UInt32.random(in: .min ... .max)
    private static let next = Atomic<UInt32>(0)

    private let name: Name

    private init(_ name: Name) { self.name = name }

    /// A new one: 16 hexadecimal digits.
    init() {
        let number = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
        self.init(.made(UInt64(Self.process) << 32 | UInt64(number)))
    }

    /// What a trusted proxy calls the request, if that is an id: 1 to 128 letters, digits, `-`, `_`, `.` and `:`. Else a new one.
    init(given: String?, trusted: Bool) {
        if trusted, let given, (1...Self.mostBytes).contains(given.utf8.count), given.utf8.allSatisfy(Self.isAllowed) {
            self.init(.given(given))
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

    var description: String {
        switch name {
        case .given(let text): text
        case .made(let number):
            String(unsafeUninitializedCapacity: Self.digits) {
                Self.write(number, to: UnsafeMutableRawBufferPointer($0))
            }
        }
    }

    /// Writes it without a text of its own.
    func write(to buffer: inout ByteBuffer) {
        switch name {
        case .given(let text): buffer.writeString(text)
        case .made(let number):
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.digits) { Self.write(number, to: $0) }
        }
    }

    private static func write(_ number: UInt64, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        for index in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: number >> (4 * UInt64(digits - 1 - index))) & 0xF
            buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
        return digits
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name("X-Request-Id")!  // A constant that is a valid name.
}
