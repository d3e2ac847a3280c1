/// Key paths and variables as people see them.
enum KeyPathText {
    /// `limits.message_bytes`; a name that holds a dot, nothing, or what has to be escaped is quoted.
    static func join(_ path: [String]) -> String {
        path.map { name in
            let literal = JSONLiteral.string(name)
            let isPlain = !name.isEmpty && !name.contains(".") && literal.utf8.count == name.utf8.count + 2
            return isPlain ? name : literal
        }.joined(separator: ".")
    }

    /// `MESSAGE_BYTES`: capitals, and `_` for all but letters and digits.
    static func variablePart(_ name: String) -> String {
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// `TELLTALE_LIMITS_MESSAGE_BYTES`.
    static func variable(_ path: [String]) -> String {
        Key.variablePrefix + path.map(variablePart).joined(separator: "_")
    }
}

extension Key {
    /// The path with the name of a namespace in its place.
    func path(namespace: String?) -> [String] {
        path.map { $0 == Self.anyNamespace ? namespace ?? $0 : $0 }
    }

    var isPerNamespace: Bool { path.contains(Self.anyNamespace) }
}
