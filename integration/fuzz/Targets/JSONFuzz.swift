import JSONText

/// JSON, which requests, tokens and links are read as.
enum JSONFuzz {
    static func run(_ input: UnsafeRawBufferPointer) {
        let isValid = (try? JSONScanner.validate(input)) != nil
        guard let object = try? JSONObject(input) else { return }
        precondition(isValid, "an object that is no JSON")
        for member in object.members { check(member) }
    }

    private static func check(_ member: JSONMember) {
        precondition((try? JSONScanner.validate(member.value)) != nil, "a member that is no JSON")
        precondition(again(member.key) == member.key, "a key that can't be written")
        if let text = try? member.string() { precondition(again(text) == text, "a string that can't be written") }
        _ = try? member.bool()
        if let number = try? member.integer() { precondition("\(number)" == member.verbatim || member.value[0] == 48) }
    }

    /// The text that is read from what the text is written as.
    private static func again(_ text: String) -> String? {
        Array("{\"a\":\(JSONWriter.string(text))}".utf8).withUnsafeBytes { try? JSONObject($0).string("a") }
    }
}
