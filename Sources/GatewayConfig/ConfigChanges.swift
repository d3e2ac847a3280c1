/// What a new configuration changes in a running gateway: what takes effect, and what needs a restart.
package struct ConfigChanges: Hashable, Sendable {
    /// One key whose value is another.
    package struct Change: Hashable, Sendable, CustomStringConvertible {
        /// The key's path.
        package let key: String
        /// JSON literals, with what is secret hidden.
        package let old: String
        package let new: String

        package var description: String { "\(key): \(old) → \(new)" }
    }

    /// The running configuration with all of the new one that can take effect.
    package private(set) var merged: GatewayConfig
    package private(set) var applied: [Change] = []
    /// What stays as it was until the gateway is started again.
    package private(set) var restart: [Change] = []

    /// - Throws: ``ConfigError`` when what takes effect does not go together with what stays: a gateway that listens for
    ///   everybody is not left without keys because its file now says that it should listen on loopback.
    package init(from running: GatewayConfig, to new: GatewayConfig) throws(ConfigError) {
        merged = running
        let names = Set(running.namespaceNames + new.namespaceNames).sorted()
        for key in Schema.keys {
            for namespace in key.isPerNamespace ? names.map(Optional.some) : [nil] {
                guard key.differs(running, new, namespace: namespace) else { continue }
                take(key, namespace, from: new, running: running)
            }
        }
        let problems = Constraint.all.filter { !$0.holds(merged) }.map { constraint in
            ConfigProblem(
                subject: constraint.key, place: "with what needs a restart as it was",
                reason: .value(
                    found: Schema.keys.first { KeyPathText.join($0.path) == constraint.key }?
                        .literal(in: merged, namespace: nil) ?? "null",
                    allowed: constraint.allowed(merged)))
        }
        guard problems.isEmpty else { throw ConfigError(problems: problems) }
    }

    private mutating func take(_ key: Key, _ namespace: String?, from new: GatewayConfig, running: GatewayConfig) {
        let change = Change(
            key: KeyPathText.join(key.path(namespace: namespace)),
            old: key.literal(in: running, namespace: namespace), new: key.literal(in: new, namespace: namespace))
        if key.isReloaded {
            key.copy(new, &merged, namespace: namespace)
            applied.append(change)
        } else {
            restart.append(change)
        }
    }
}

extension Key {
    /// Keys that hold until the gateway is started again, alone or with all below: what is bound, opened or told to others once.
    private static let fixed = [
        "listen", "broker", "tasks", "hub", "compression", "log.format", "limits.message_bytes",
        "namespaces.*.history",
    ]

    /// A running gateway can take another value.
    package var isReloaded: Bool {
        let name = path.joined(separator: ".")
        return !Self.fixed.contains { name == $0 || name.hasPrefix($0 + ".") }
    }
}
