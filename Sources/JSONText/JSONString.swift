/// What stands between the quotes of a JSON string (RFC 8259 §7).
enum JSONString {
    /// The index of the first byte that can't stand for itself: a quote, a backslash, a control byte; the end if there
    /// is none.
    static func endOfPlain(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let special = specialBytes(of: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian)
            guard special == 0 else { return index + special.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, !isSpecial(bytes[index]) { index += 1 }
        return index
    }

    /// The text that the bytes between a string's quotes stand for; `nil` if they escape half of a surrogate pair. The
    /// bytes have been scanned: their escapes are well formed.
    static func unescape(_ raw: UnsafeRawBufferPointer) -> String? {
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        var isWhole = true
        let text = String(unsafeUninitializedCapacity: raw.count) { output in
            let count = unescape(raw, to: output)
            isWhole = count != nil
            return count ?? 0
        }
        return isWhole ? text : nil
    }

    /// The byte that a backslash and this letter stand for; `nil` for `u` and for what is no escape.
    static func escaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// The highest bit of each special byte. Above the lowest special byte a carry may mark others: only the first
    /// counts.
    private static func specialBytes(of word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones * 0x22)
        let backslashes = word ^ (ones * 0x5C)
        let controls = (word &- ones * 0x20) & ~word
        return (controls | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & (ones * 0x80)
    }

    /// An escape is never shorter than what it stands for, so the output is as large as `raw`.
    private static func unescape(_ raw: UnsafeRawBufferPointer, to output: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        var (read, written) = (0, 0)
        while read < raw.count {
            guard raw[read] == UInt8(ascii: "\\") else {
                output[written] = raw[read]
                (read, written) = (read + 1, written + 1)
                continue
            }
            if let byte = escaped(raw[read + 1]) {
                output[written] = byte
                (read, written) = (read + 2, written + 1)
            } else {
                guard let (scalar, length) = unicodeEscape(raw, at: read) else { return nil }
                for byte in UTF8.encode(scalar).unsafelyUnwrapped {
                    output[written] = byte
                    written += 1
                }
                read += length
            }
        }
        return written
    }

    /// The character of one `\uXXXX`, or of two that are a surrogate pair, and the length of the escape in bytes.
    private static func unicodeEscape(_ raw: UnsafeRawBufferPointer, at index: Int) -> (Unicode.Scalar, Int)? {
        guard let first = codeUnit(raw, at: index) else { return nil }
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        guard first < 0xDC00, let second = codeUnit(raw, at: index + 6), 0xDC00...0xDFFF ~= second else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)).map { ($0, 12) }
    }

    private static func codeUnit(_ raw: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard index + 6 <= raw.count, raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return raw[(index + 2)..<(index + 6)].reduce(0) { $0 << 4 | (hexDigit($1) ?? 0) }
    }
}
