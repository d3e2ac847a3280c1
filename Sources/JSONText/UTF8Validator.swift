/// Checks UTF-8 (RFC 3629) piece by piece, and names the first byte that can't be part of it. Three bytes of state.
package struct UTF8Validator: Hashable, Sendable {
    /// Continuation bytes that the character begun still needs.
    private var missing: UInt8 = 0
    /// What the next continuation byte may be: narrower than 80–BF where it must exclude overlong forms, surrogates and
    /// what lies above U+10FFFF.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    package init() {}

    /// No character is half read.
    package var isComplete: Bool { missing == 0 }

    /// The index of the first byte that can't follow what came before; `nil` if all can. After an index, don't go on.
    package mutating func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            if missing == 0 {
                index = Self.endOfASCII(in: bytes, from: index)
                guard index < bytes.count else { return nil }
            }
            guard accept(bytes[index]) else { return index }
            index += 1
        }
        return nil
    }

    /// The same for a whole text: its length, if it ends within a character.
    package static func firstInvalid(in text: UnsafeRawBufferPointer) -> Int? {
        var validator = UTF8Validator()
        if let index = validator.firstInvalid(in: text) { return index }
        return validator.isComplete ? nil : text.count
    }

    private static func endOfASCII(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let beyond = word & 0x8080_8080_8080_8080
            guard beyond == 0 else { return index + beyond.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard missing == 0 else { return acceptContinuation(byte) }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, low) = (2, 0xA0)
        case 0xED: (missing, high) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, low) = (3, 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, high) = (3, 0x8F)
        default: return false
        }
        return true
    }

    private mutating func acceptContinuation(_ byte: UInt8) -> Bool {
        guard low <= byte, byte <= high else { return false }
        (missing, low, high) = (missing - 1, 0x80, 0xBF)
        return true
    }
}
