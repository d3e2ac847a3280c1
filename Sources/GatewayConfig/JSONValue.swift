/// A JSON value as the file has it.
indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As it is written: the key decides what it may be.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order of the file, doubled names included.
    case object([JSONMember])

    /// What an error says was found: the value itself if it is short, else its kind.
    var kindOrLiteral: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let digits): JSONLiteral.cut(digits)
        case .string(let text): JSONLiteral.string(text)
        case .array: "a list"
        case .object: "an object"
        }
    }
}

struct JSONMember: Hashable, Sendable {
    let name: String
    let value: JSONValue
    /// Where the name stands.
    let position: TextPosition
}

/// Both count from 1; columns are Unicode scalars.
struct TextPosition: Hashable, Sendable, CustomStringConvertible {
    let line: Int
    let column: Int

    var description: String { "\(line):\(column)" }
}

/// Writing JSON.
enum JSONLiteral {
    /// What an error shows of a value, in characters.
    private static let shownCharacters = 80

    /// For an error: cut where it is long.
    static func short(_ text: String) -> String { string(cut(text)) }

    static func cut(_ text: String) -> String {
        text.count > shownCharacters ? "\(text.prefix(shownCharacters))…" : text
    }

    /// What a terminal would obey, and what would not show as what it is, is escaped.
    static func string(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\t": literal += "\\t"
            case _ where scalar.isHidden: literal += scalar.escapedJSON
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
