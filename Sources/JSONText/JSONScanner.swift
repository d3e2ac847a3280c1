/// Reads JSON (RFC 8259) strictly and without building anything: no comments, no trailing commas, no byte order mark.
package struct JSONScanner {
    /// How deep arrays and objects may lie in one another.
    package static let maximumDepth = 512

    let bytes: UnsafeRawBufferPointer
    var offset = 0

    /// - Throws: ``JSONError/Reason/invalidUTF8``, whatever else is wrong: what is no text can't be called bad JSON.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        if let invalid = UTF8Validator.firstInvalid(in: bytes) {
            throw JSONError(reason: .invalidUTF8, offset: invalid)
        }
        self.bytes = bytes
    }

    /// Checks that the input is one JSON value and nothing else but white space. Keys that objects have twice, and
    /// escapes of lone surrogates, are the reader's business: RFC 8259's grammar has them.
    package static func validate(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = try JSONScanner(bytes)
        scanner.skipSpace()
        _ = try scanner.skipValue()
        try scanner.expectEnd()
    }

    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    /// Nothing but white space is left.
    mutating func expectEnd() throws(JSONError) {
        skipSpace()
        guard offset == bytes.count else { throw unexpected("the end") }
    }

    /// The next byte, which stays.
    func peek() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw JSONError(reason: .unexpectedEnd, offset: offset) }
        return bytes[offset]
    }

    /// Goes past the next byte if it is `byte`.
    mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ byte: Unicode.Scalar, _ name: String) throws(JSONError) {
        guard skip(byte) else { throw unexpected(name) }
    }

    func unexpected(_ expected: String) -> JSONError {
        guard offset < bytes.count else { return JSONError(reason: .unexpectedEnd, offset: offset) }
        return JSONError(reason: .unexpectedByte(bytes[offset], expected: expected), offset: offset)
    }
}
