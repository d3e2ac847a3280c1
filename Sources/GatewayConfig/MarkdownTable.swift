extension GatewayConfig {
    /// The configuration table of the README, in Markdown, with a final newline.
    package static func renderMarkdownTable() -> String {
        let rows = Schema.keys.map { key in
            let path = key.path(namespace: "NAME").joined(separator: ".")
            let flag = key.flag.map { " Flag: `\($0)`." } ?? ""
            return [
                "`\(path)`", "`\(key.literal(in: GatewayConfig(), namespace: nil))`", key.range, key.summary + flag,
            ]
        }
        let head = [["key", "default", "allowed", "meaning"], ["---", "---", "---", "---"]]
        return (head + rows).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }
}
