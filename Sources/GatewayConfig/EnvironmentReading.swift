/// The variables that begin with `TELLTALE_`.
struct EnvironmentReading {
    /// What other commands read, or what says where the file is.
    static let otherCommands: Set = ["TELLTALE_CONFIG", "TELLTALE_CA", "TELLTALE_GATEWAY", "TELLTALE_TOKEN"]

    private let namespaces: [String]
    private var result = SourceReading()

    /// An empty variable is one that is not set. One that no key has is a warning, not a problem: orchestrators
    /// inject names of their own, such as `TELLTALE_SERVICE_HOST`.
    /// - Parameter namespaces: those that the file names.
    static func read(_ environment: [String: String], namespaces: [String]) -> SourceReading {
        var reading = EnvironmentReading(namespaces: namespaces)
        for (variable, text) in environment.sorted(by: { $0.key < $1.key })
        where variable.hasPrefix(Key.variablePrefix) && !otherCommands.contains(variable) && !text.isEmpty {
            reading.visit(variable, text)
        }
        return reading.result
    }

    private init(namespaces: [String]) {
        self.namespaces = Set(namespaces).union([GatewayConfig.defaultNamespaceName]).sorted()
    }

    private mutating func visit(_ variable: String, _ text: String) {
        if let key = Schema.keys.first(where: { !$0.isPerNamespace && KeyPathText.variable($0.path) == variable }) {
            add(key, nil, variable, text)
        } else if let (key, name) = namespaceKey(variable) {
            visit(key, name, variable, text)
        } else {
            result.warnings.append(warning(variable))
        }
    }

    /// The key that the variable ends with, and what stands where the namespace's name does.
    private func namespaceKey(_ variable: String) -> (Key, name: Substring)? {
        for key in Schema.keys {
            guard let index = key.path.firstIndex(of: Key.anyNamespace) else { continue }
            let head = KeyPathText.variable(Array(key.path[..<index])) + "_"
            let tail = "_" + key.path[(index + 1)...].map(KeyPathText.variablePart).joined(separator: "_")
            guard variable.hasPrefix(head), variable.hasSuffix(tail),
                variable.utf8.count > head.utf8.count + tail.utf8.count
            else { continue }
            return (key, variable.dropFirst(head.count).dropLast(tail.count))
        }
        return nil
    }

    private mutating func visit(_ key: Key, _ name: Substring, _ variable: String, _ text: String) {
        let matches = namespaces.filter { KeyPathText.variablePart($0) == name.uppercased() }
        let namespace = matches.first ?? name.lowercased()
        if matches.count > 1 {
            let found = "a name of several namespaces (\(matches.joined(separator: ", ")))"
            refuse(variable, found, "one that is of one namespace; set the key in the file")
        } else if !NamespaceName.accepts(namespace) {
            refuse(variable, JSONLiteral.string(namespace), NamespaceName.rule)
        } else {
            result.namespaces.append(namespace)
            add(key, namespace, variable, text)
        }
    }

    private mutating func refuse(_ variable: String, _ found: String, _ allowed: String) {
        result.problems.append(
            ConfigProblem(subject: variable, place: nil, reason: .value(found: found, allowed: allowed)))
    }

    private mutating func add(_ key: Key, _ namespace: String?, _ variable: String, _ text: String) {
        result.settings.append(
            Setting(key: key, namespace: namespace, raw: .text(text), origin: .environment(variable: variable)))
    }

    private func warning(_ variable: String) -> String {
        let known = Schema.keys.map {
            KeyPathText.variable($0.path(namespace: GatewayConfig.defaultNamespaceName))
                .dropFirst(Key.variablePrefix.count)
        }
        let nearest = Suggestion.nearest(
            to: String(variable.dropFirst(Key.variablePrefix.count)), among: known.map(String.init))
        let hint = nearest.map { "; did you mean \(Key.variablePrefix)\($0)?" } ?? ""
        return "\(variable): no key of the configuration has this variable, it is ignored\(hint)"
    }
}
