/// Why a text is no JSON, and where.
struct JSONSyntaxError: Error, Hashable {
    let reason: String
    let position: TextPosition
}

/// A JSON reader (RFC 8259) that knows where everything stands and keeps doubled names, so that errors can tell.
struct JSONParser {
    /// Objects and arrays within one another, at most: it bounds the stack.
    static let maximumDepth = 32

    private let bytes: [UInt8]
    private var next = 0
    private var line = 1
    private var lineStart = 0

    /// - Throws: ``JSONSyntaxError`` at the first byte that is wrong.
    static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes)
        return try parser.document()
    }

    private init(_ bytes: [UInt8]) {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        self.bytes = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
    }

    private mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let root = try value(depth: 0)
        skipSpace()
        guard next == bytes.count else { throw unexpected("the end of the file") }
        return root
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        switch peek {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where "-0123456789".utf8.contains(byte): return .number(try number())
        default:
            for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
            where bytes[next...].starts(with: word.utf8) {
                next += word.utf8.count
                return value
            }
            throw unexpected("a value")
        }
    }

    private mutating func members(depth: Int) throws(JSONSyntaxError) -> [JSONMember] {
        next += 1
        var members: [JSONMember] = []
        if take("}") { return members }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
            let position = position(next)
            let name = try string()
            guard take(":") else { throw unexpected("\":\"") }
            members.append(JSONMember(name: name, value: try value(depth: depth + 1), position: position))
        } while take(",")
        guard take("}") else { throw unexpected("\",\" or \"}\"") }
        return members
    }

    private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        next += 1
        var elements: [JSONValue] = []
        if take("]") { return elements }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw unexpected("\",\" or \"]\"") }
        return elements
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = next
        while let byte = peek, "+-.0123456789Ee".utf8.contains(byte) { next += 1 }
        let text = String(decoding: bytes[start..<next], as: UTF8.self)
        guard text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil else {
            throw failure("\"\(text.prefix(32))\" is no number", at: start)
        }
        return text
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = next
        next += 1
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure("a control character in a text, or its closing quote is missing") }
            next += 1
            if byte == UInt8(ascii: "\\") { text += String(try escape()).utf8 } else { text.append(byte) }
        }
        guard next < bytes.count else { throw failure("the closing quote is missing", at: start) }
        next += 1
        guard let text = String(validating: text, as: UTF8.self) else {
            throw failure("a text that is no valid UTF-8", at: start)
        }
        return text
    }

    /// What follows a backslash (RFC 8259, 7).
    private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let plain: [UInt8: Unicode.Scalar] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{c}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
        ]
        let start = next - 1
        guard let byte = peek else { throw unexpected("an escape") }
        next += 1
        if let scalar = plain[byte] { return scalar }
        guard byte == UInt8(ascii: "u"), var code = hexadecimal() else { throw failure("an unknown escape", at: start) }
        if (0xD800...0xDBFF).contains(code), bytes[next...].starts(with: "\\u".utf8) {
            next += 2
            guard let low = hexadecimal(), (0xDC00...0xDFFF).contains(low) else {
                throw failure("half a surrogate pair", at: start)
            }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair", at: start) }
        return scalar
    }

    private mutating func hexadecimal() -> UInt32? {
        let digits = bytes[next...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        next += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

// MARK: - Bytes and positions

extension JSONParser {
    private var peek: UInt8? { next < bytes.count ? bytes[next] : nil }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x0A, 0x0D, 0x09].contains(byte) {
            next += 1
            if byte == 0x0A {
                line += 1
                lineStart = next
            }
        }
    }

    /// Skips space, and the byte if it is the next.
    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: scalar) else { return false }
        next += 1
        return true
    }

    private func position(_ offset: Int) -> TextPosition {
        let scalars = bytes[lineStart..<offset].count { $0 & 0xC0 != 0x80 }
        return TextPosition(line: line, column: scalars + 1)
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, position: position(offset ?? next))
    }

    private func unexpected(_ expected: String) -> JSONSyntaxError {
        guard next < bytes.count else { return failure("the file ends where \(expected) should be") }
        let found = String(decoding: bytes[next...].prefix(4), as: UTF8.self).prefix(1)
        return failure("found \(JSONLiteral.string(String(found))) where \(expected) should be")
    }
}
