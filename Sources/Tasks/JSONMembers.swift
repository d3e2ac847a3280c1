import JSONText

/// One JSON object, written member by member.
struct JSONMembers {
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    mutating func member(_ key: String, _ text: String) {
        begin(key)
        JSONWriter.appendString(text, to: &bytes)
    }

    mutating func member(_ key: String, verbatim json: String) {
        begin(key)
        bytes.append(contentsOf: json.utf8)
    }

    mutating func member(_ key: String, _ number: some BinaryInteger) { member(key, verbatim: "\(number)") }

    /// A time as RFC 3339 has it.
    mutating func member(_ key: String, time milliseconds: Int64) {
        member(key, verbatim: "\"\(Timestamp(milliseconds))\"")
    }

    /// What stands in an object already, without its braces.
    mutating func members(verbatim inner: String) {
        guard !inner.isEmpty else { return }
        separate()
        bytes.append(contentsOf: inner.utf8)
    }

    /// The whole object.
    var object: String { String(decoding: bytes, as: UTF8.self) + "}" }

    private mutating func begin(_ key: String) {
        separate()
        JSONWriter.appendString(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    }
}
