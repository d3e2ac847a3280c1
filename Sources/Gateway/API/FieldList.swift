extension String {
    /// Whether a field's list has the element, whatever the case of its letters (RFC 9110 §5.6.1).
    /// - Parameter element: in lower case.
    func lists(_ element: String) -> Bool {
        utf8.split(separator: UInt8(ascii: ",")).contains { $0.says(element) }
    }
}

extension Substring.UTF8View {
    /// Whether it is this text but for the case of its letters, and its spaces.
    /// - Parameter text: in lower case.
    func says(_ text: String) -> Bool {
        lazy.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            .map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
            .elementsEqual(text.utf8)
    }
}
