/// Why bytes are not the JSON that they should be, and where: the offset of the first byte that is wrong.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case invalidUTF8
        case unexpectedEnd
        case unexpectedByte(UInt8, expected: String)
        case controlByteInString(UInt8)
        case invalidEscape
        /// Half of a surrogate pair, which is no character, where a string has to be read.
        case loneSurrogate
        case tooDeep
        /// A value where an object has to stand.
        case notAnObject(JSONKind)
        case duplicateKey(String)
        case tooManyMembers
    }

    package let reason: Reason
    /// In bytes, from the start of the input.
    package let offset: Int

    package var description: String { "\(text) at byte \(offset)" }

    private var text: String {
        switch reason {
        case .invalidUTF8: "invalid UTF-8"
        case .unexpectedEnd: "unexpected end"
        case .unexpectedByte(let byte, let expected): "\(Self.show(byte)) where \(expected) is expected"
        case .controlByteInString(let byte): "\(Self.show(byte)) in a string, which must be escaped"
        case .invalidEscape: "an escape that JSON does not have"
        case .loneSurrogate: "half of a surrogate pair"
        case .tooDeep: "more than \(JSONScanner.maximumDepth) arrays and objects in one another"
        case .notAnObject(let kind): "\(kind) where an object is expected"
        case .duplicateKey(let key): "the key \"\(key.prefix(64))\" for the second time"
        case .tooManyMembers: "more than \(JSONObject.maximumMembers) members"
        }
    }

    private static func show(_ byte: UInt8) -> String {
        (0x20...0x7E).contains(byte)
            ? "'\(Character(UnicodeScalar(byte)))'"
            : "byte 0x\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
    }
}

/// What a JSON value is.
package enum JSONKind: Hashable, Sendable, CustomStringConvertible {
    case object, array, string, number, bool, null

    /// With its article, for error messages.
    package var description: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }
}
