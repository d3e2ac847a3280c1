/// One member of an object. It looks into the input: use it before that is gone.
package struct JSONMember {
    package let key: String
    package let kind: JSONKind
    /// The value as it was written, without the white space around it.
    package let value: UnsafeRawBufferPointer

    /// The value as it was written.
    package var verbatim: String { String(decoding: value, as: UTF8.self) }

    package func string() throws(JSONMemberError) -> String {
        guard kind == .string else { throw mismatch("a string") }
        let content = UnsafeRawBufferPointer(rebasing: value[1..<(value.count - 1)])
        guard let text = JSONString.unescape(content) else {
            throw JSONMemberError(
                key: key, found: "half of a surrogate pair", allowed: "a string of Unicode characters")
        }
        return text
    }

    package func bool() throws(JSONMemberError) -> Bool {
        guard kind == .bool else { throw mismatch("true or false") }
        return value[0] == UInt8(ascii: "t")
    }

    /// An integer within `range`, written as one: neither `1.0` nor `1e3` is.
    package func integer(in range: ClosedRange<UInt64> = 0...UInt64.max) throws(JSONMemberError) -> UInt64 {
        let allowed = "an integer from \(range.lowerBound) to \(range.upperBound)"
        guard kind == .number else { throw mismatch(allowed) }
        guard value.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = UInt64(verbatim),
            range.contains(number)
        else {
            let found = String(decoding: value.prefix(JSONMemberError.maximumFoundBytes), as: UTF8.self)
            throw JSONMemberError(key: key, found: found, allowed: allowed)
        }
        return number
    }

    private func mismatch(_ allowed: String) -> JSONMemberError {
        JSONMemberError(key: key, found: kind.description, allowed: allowed)
    }
}

/// A member whose value is not what its key asks for.
package struct JSONMemberError: Error, Hashable, Sendable, CustomStringConvertible {
    /// How much of a number is shown, in bytes.
    static let maximumFoundBytes = 64

    package let key: String
    package let found: String
    /// What may stand there, in words.
    package let allowed: String

    package init(key: String, found: String, allowed: String) {
        self.key = key
        self.found = found
        self.allowed = allowed
    }

    package var description: String { "\"\(key)\" is \(found), but must be \(allowed)" }
}
