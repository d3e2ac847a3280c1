/// The keys as the tree of objects that the file is.
indirect enum Outline: Sendable {
    case key(Key)
    /// The members in the order of their declaration.
    case group([(name: String, outline: Outline)])

    init(_ keys: [Key]) { self.init(keys, depth: 0) }

    private init(_ keys: [Key], depth: Int) {
        if let key = keys.first, key.path.count == depth {
            self = .key(key)
            return
        }
        var names: [String] = []
        var members: [String: [Key]] = [:]
        for key in keys {
            let name = key.path[depth]
            if members[name] == nil { names.append(name) }
            members[name, default: []].append(key)
        }
        self = .group(names.map { ($0, Outline(members[$0] ?? [], depth: depth + 1)) })
    }

    /// The member of that name; any name is a namespace's where one may stand.
    func member(_ name: String) -> Outline? {
        guard case .group(let members) = self else { return nil }
        return members.first { $0.name == name || $0.name == Key.anyNamespace }?.outline
    }

    var names: [String] {
        guard case .group(let members) = self else { return [] }
        return members.map(\.name)
    }

    /// Whether the names of the members are the operator's to choose.
    var isMap: Bool { names == [Key.anyNamespace] }

    /// The paths of all keys and groups below.
    func paths(under path: [String] = []) -> [[String]] {
        guard case .group(let members) = self else { return [] }
        return members.flatMap { name, outline in [path + [name]] + outline.paths(under: path + [name]) }
    }
}
