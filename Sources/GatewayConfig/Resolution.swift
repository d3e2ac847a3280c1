/// Puts what the sources say over the defaults, the weakest source first.
struct Resolution {
    private var config = GatewayConfig()
    private var settings: [String: Setting] = [:]
    private var problems: [ConfigProblem]

    static func resolve(_ readings: [SourceReading]) throws(ConfigError) -> LoadedConfig {
        var resolution = Resolution(problems: readings.flatMap(\.problems))
        resolution.apply(readings)
        if resolution.problems.isEmpty { resolution.checkConstraints() }
        guard resolution.problems.isEmpty else { throw ConfigError(problems: resolution.problems) }
        return LoadedConfig(
            config: resolution.config, origins: resolution.settings.mapValues(\.origin),
            warnings: readings.flatMap(\.warnings))
    }

    private init(problems: [ConfigProblem]) { self.problems = problems }

    /// The other namespaces come last: they start as copies of the finished default one.
    private mutating func apply(_ readings: [SourceReading]) {
        let all = readings.flatMap(\.settings)
        let isInherited = { (setting: Setting) in
            setting.namespace == nil || setting.namespace == GatewayConfig.defaultNamespaceName
        }
        for setting in all where isInherited(setting) { apply(setting) }
        for name in readings.flatMap(\.namespaces) { config[namespace: name] = config.defaultNamespace }
        for setting in all where !isInherited(setting) { apply(setting) }
    }

    private mutating func apply(_ setting: Setting) {
        if setting.key.store(setting.raw, in: &config, namespace: setting.namespace) {
            settings[setting.path] = setting
        } else {
            problems.append(setting.refusal)
        }
    }

    private mutating func checkConstraints() {
        for constraint in Constraint.all where !constraint.holds(config) {
            let allowed = constraint.allowed(config)
            let key = Schema.keys.first { KeyPathText.join($0.path) == constraint.key }
            let found = key?.literal(in: config, namespace: nil) ?? "null"
            problems.append(
                settings[constraint.key]?.problem(found: found, allowed: allowed)
                    ?? ConfigProblem(
                        subject: constraint.key, place: "its default",
                        reason: .value(found: found, allowed: allowed)))
        }
    }
}
