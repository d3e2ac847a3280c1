extension GatewayConfig {
    /// The whole configuration as a file would have it: keys in the schema's order, secrets hidden, a final newline.
    package func renderJSON() -> String {
        JSONRendering(config: self).object(Schema.outline, namespace: nil, indent: "") + "\n"
    }
}

private struct JSONRendering {
    let config: GatewayConfig

    func object(_ outline: Outline, namespace: String?, indent: String) -> String {
        guard case .group(let members) = outline else { return "{}" }
        let inner = indent + "  "
        let lines = members.flatMap { name, outline -> [String] in
            guard name == Key.anyNamespace else {
                return [line(name, outline, namespace: namespace, indent: inner)]
            }
            return config.namespaceNames.map { line($0, outline, namespace: $0, indent: inner) }
        }
        return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }

    private func line(_ name: String, _ outline: Outline, namespace: String?, indent: String) -> String {
        let value =
            switch outline {
            case .key(let key): key.literal(in: config, namespace: namespace)
            case .group: object(outline, namespace: namespace, indent: indent)
            }
        return "\(indent)\(JSONLiteral.string(name)): \(value)"
    }
}

extension GatewayConfig {
    /// The default one, then the others by name.
    var namespaceNames: [String] { [Self.defaultNamespaceName] + namespaces.keys.sorted() }
}
