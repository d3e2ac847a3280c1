/// A value as it was found, before its key has decoded it.
enum RawValue: Hashable, Sendable {
    /// From the file.
    case json(JSONValue)
    /// From an environment variable or a flag.
    case text(String)

    /// As an error shows it: short, with `mask` applied to text.
    func shown(mask: (String) -> String) -> String {
        switch self {
        case .json(.string(let text)), .text(let text):
            JSONLiteral.short(mask(text))
        case .json(let value): value.kindOrLiteral
        }
    }
}
