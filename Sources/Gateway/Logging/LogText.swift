import GatewayConfig

/// What keeps a record on its line, and a value in its place, whatever a client has written into it.
enum LogText {
    /// The text with control characters, line separators and what changes the direction of writing escaped: what is logged is
    /// one line, and shows on a terminal as what it is.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isHidden) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.isHidden: result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A value behind `key=`: in quotes where it could be taken for more than one.
    static func value(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" && $0 != "\\" && !$0.isHidden }
        guard !isPlain else { return text }
        return "\"" + escaped(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")) + "\""
    }

    /// In a JSON document, where it can only stand inside of strings.
    static func escapedJSON(_ document: String) -> String {
        guard document.unicodeScalars.contains(where: \.isHidden) else { return document }
        var line = ""
        for scalar in document.unicodeScalars {
            if scalar.isHidden {
                line += scalar.escapedJSON
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
