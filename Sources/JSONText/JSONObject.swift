/// The members of one object, in their order, with values left as they were written. Nothing inside a value is
/// unescaped, nor are keys in it compared. It looks into the input: use it before that is gone.
package struct JSONObject {
    /// The most members that an object may have, so that many keys cost neither memory nor a long search for doubles.
    package static let maximumMembers = 64

    package private(set) var members: [JSONMember] = []

    /// Reads an input that is one object and nothing else but white space. Keys that are equal byte by byte, once
    /// unescaped, are refused.
    package init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = try JSONScanner(bytes)
        scanner.skipSpace()
        let kind = try scanner.peekKind()
        guard kind == .object else { throw JSONError(reason: .notAnObject(kind), offset: scanner.offset) }
        try scanner.expect("{", "'{'")
        scanner.skipSpace()
        if !scanner.skip("}") { try readMembers(&scanner) }
        try scanner.expectEnd()
    }

    package subscript(key: String) -> JSONMember? {
        members.first { $0.key.utf8.elementsEqual(key.utf8) }
    }

    /// The member's string; `nil` if there is no such member.
    package func string(_ key: String) throws(JSONMemberError) -> String? { try self[key]?.string() }

    /// The member's boolean; `nil` if there is no such member.
    package func bool(_ key: String) throws(JSONMemberError) -> Bool? { try self[key]?.bool() }

    /// The member's integer; `nil` if there is no such member.
    package func integer(
        _ key: String, in range: ClosedRange<UInt64> = 0...UInt64.max
    ) throws(JSONMemberError) -> UInt64? {
        try self[key]?.integer(in: range)
    }

    private mutating func readMembers(_ scanner: inout JSONScanner) throws(JSONError) {
        while true {
            try readMember(&scanner)
            scanner.skipSpace()
            guard scanner.skip(",") else { break }
            scanner.skipSpace()
        }
        try scanner.expect("}", "',' or '}'")
    }

    private mutating func readMember(_ scanner: inout JSONScanner) throws(JSONError) {
        let keyStart = scanner.offset
        let key = try Self.readKey(&scanner)
        guard self[key] == nil else { throw JSONError(reason: .duplicateKey(key), offset: keyStart) }
        guard members.count < Self.maximumMembers else { throw JSONError(reason: .tooManyMembers, offset: keyStart) }
        let start = scanner.offset
        let kind = try scanner.skipValue()
        let value = UnsafeRawBufferPointer(rebasing: scanner.bytes[start..<scanner.offset])
        members.append(JSONMember(key: key, kind: kind, value: value))
    }

    private static func readKey(_ scanner: inout JSONScanner) throws(JSONError) -> String {
        let start = scanner.offset
        let content = UnsafeRawBufferPointer(rebasing: scanner.bytes[try scanner.skipKey()])
        guard let key = JSONString.unescape(content) else {
            throw JSONError(reason: .loneSurrogate, offset: start)
        }
        return key
    }
}
