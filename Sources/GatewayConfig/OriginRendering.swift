extension LoadedConfig {
    /// Where each value that is not the default comes from, a line each in the schema's order: `KEY = VALUE  (ORIGIN)`.
    /// The default of a namespace's key is what the default namespace has.
    package func renderOrigins() -> [String] {
        Schema.keys.flatMap { key in
            let namespaces: [String?] = key.isPerNamespace ? config.namespaceNames : [nil]
            return namespaces.compactMap { line(key, $0) }
        }
    }

    private func line(_ key: Key, _ namespace: String?) -> String? {
        let path = KeyPathText.join(key.path(namespace: namespace))
        let isInherited = namespace == nil || namespace == GatewayConfig.defaultNamespaceName
        let fallback = key.literal(in: isInherited ? GatewayConfig() : config, namespace: nil)
        let value = key.literal(in: config, namespace: namespace)
        guard let origin = origins[path], value != fallback else { return nil }
        return "\(path) = \(value)  (\(origin))"
    }
}
