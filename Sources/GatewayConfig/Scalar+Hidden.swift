extension Unicode.Scalar {
    /// A terminal would obey it, or would not show it as what it is: control characters, line separators, what changes the
    /// direction of writing.
    package var isHidden: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// As a JSON string may have any character (RFC 8259 §7).
    package var escapedJSON: String {
        String(self).utf16.map { "\\u" + String(0x10000 + Int($0), radix: 16).dropFirst() }.joined()
    }
}
