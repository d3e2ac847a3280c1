/// A server's or libpq's words in one line.
enum OneLine {
    /// The longest line that is shown, in bytes.
    private static let maximumBytes = 1_000

    /// Lines that begin with a tab or "LOCATION:" are left out: they explain to those who sit before psql.
    static func of(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("\t") && !$0.hasPrefix("LOCATION:") }
        let line = lines.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.joined(separator: "; ")
        guard line.utf8.count > maximumBytes else { return line }
        return String(decoding: line.utf8.prefix(maximumBytes), as: UTF8.self) + "…"
    }
}
