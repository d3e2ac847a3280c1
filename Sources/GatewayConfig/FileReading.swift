/// Walks the file along the outline: what is known becomes a setting, the rest a problem.
struct FileReading {
    private let path: String
    private var result = SourceReading()

    static func read(_ file: ConfigFile) -> SourceReading {
        var reading = FileReading(path: file.path)
        do {
            let root = try JSONParser.parse(file.bytes)
            if case .object(let members) = root {
                reading.walk(members, at: [], Schema.outline)
            } else {
                let found = ConfigProblem.Reason.value(found: root.kindOrLiteral, allowed: "an object, { … }")
                reading.result.problems.append(ConfigProblem(subject: file.path, place: nil, reason: found))
            }
        } catch {
            let place = "\(file.path):\(error.position)"
            reading.result.problems.append(ConfigProblem(subject: place, place: nil, reason: .syntax(error.reason)))
        }
        return reading.result
    }

    private init(path: String) { self.path = path }

    private mutating func walk(_ members: [JSONMember], at path: [String], _ outline: Outline) {
        var seen: [String: TextPosition] = [:]
        for member in members {
            if let first = seen[member.name] {
                refuse(path + [member.name], member, .duplicateKey(first: first.description))
            }
            seen[member.name] = member.position
            visit(member, at: path + [member.name], in: outline)
        }
    }

    private mutating func visit(_ member: JSONMember, at path: [String], in outline: Outline) {
        if outline.isMap, !NamespaceName.accepts(member.name) {
            let reason = ConfigProblem.Reason.value(found: JSONLiteral.short(member.name), allowed: NamespaceName.rule)
            return refuse(path, member, reason)
        }
        switch outline.member(member.name) {
        case nil: refuse(path, member, unknown(path, in: outline))
        case .key(let key): add(key, member, path)
        case .some(let group):
            if outline.isMap { result.namespaces.append(member.name) }
            enter(group, member, at: path)
        }
    }

    private mutating func enter(_ group: Outline, _ member: JSONMember, at path: [String]) {
        if case .object(let members) = member.value { return walk(members, at: path, group) }
        let names = group.isMap ? "a member for each namespace" : group.names.joined(separator: ", ")
        // A text in this place may be a broker's URL, password included.
        let found = RawValue.json(member.value).shown(mask: { _ in "…" })
        refuse(path, member, .value(found: found, allowed: "an object with \(names)"))
    }

    private mutating func add(_ key: Key, _ member: JSONMember, _ path: [String]) {
        let namespace = key.path.firstIndex(of: Key.anyNamespace).map { path[$0] }
        result.settings.append(
            Setting(key: key, namespace: namespace, raw: .json(member.value), origin: origin(member)))
    }

    private func origin(_ member: JSONMember) -> ConfigOrigin {
        .file(path: path, position: member.position.description)
    }

    private mutating func refuse(_ path: [String], _ member: JSONMember, _ reason: ConfigProblem.Reason) {
        result.problems.append(
            ConfigProblem(subject: KeyPathText.join(path), place: origin(member).description, reason: reason))
    }

    /// The nearest of all keys, with the namespace that the path is in, if it is in one.
    private func unknown(_ path: [String], in outline: Outline) -> ConfigProblem.Reason {
        let namespace = path.count > 2 && path[0] == "namespaces" ? path[1] : GatewayConfig.defaultNamespaceName
        let known = Schema.outline.paths().map { $0.map { $0 == Key.anyNamespace ? namespace : $0 } }
        return .unknownKey(
            nearest: Suggestion.nearest(to: path, among: known).map(KeyPathText.join), known: outline.names)
    }
}
