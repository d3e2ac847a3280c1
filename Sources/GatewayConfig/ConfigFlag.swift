/// A flag of the command line that sets one key or two. Which, the schema says.
package struct ConfigFlag: Hashable, Sendable {
    /// With its dashes.
    package let name: String
    package let value: String

    /// `--broker URL`.
    package static func broker(_ url: String) -> ConfigFlag { ConfigFlag(name: "--broker", value: url) }
    /// `--listen HOST:PORT`; an IPv6 address stands in brackets.
    package static func listen(_ address: String) -> ConfigFlag { ConfigFlag(name: "--listen", value: address) }

    func read() -> SourceReading {
        let keys = Schema.keys.filter { $0.flag == name }
        guard let texts = keys.count == 1 ? [value] : Self.hostAndPort(value) else {
            let reason = ConfigProblem.Reason.value(
                found: JSONLiteral.short(value),
                allowed: "HOST:PORT, as 127.0.0.1:8080 or [::1]:8080")
            return SourceReading(problems: [ConfigProblem(subject: name, place: nil, reason: reason)])
        }
        return SourceReading(
            settings: zip(keys, texts).map { key, text in
                Setting(key: key, namespace: nil, raw: .text(text), origin: .flag(name: name))
            })
    }

    private static func hostAndPort(_ address: String) -> [String]? {
        guard let colon = address.lastIndex(of: ":") else { return nil }
        let port = String(address[address.index(after: colon)...])
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty || port.isEmpty ? nil : [String(host), port]
    }
}
