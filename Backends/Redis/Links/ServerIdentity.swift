/// Who a server says it is (`INFO server`, `INFO replication`; Redis, Valkey).
struct ServerIdentity: Equatable, Sendable {
    /// Of Redis, or the one that Valkey is compatible with.
    var version: String
    /// `standalone`, `cluster` or `sentinel`.
    var mode: String
    var isPrimary: Bool

    /// - Parameter info: the text of both sections, in whatever order; `nil` when it does not name what is needed.
    init?(info: String) {
        var fields: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
        guard let version = fields["redis_version"], let mode = fields["redis_mode"] ?? fields["server_mode"]
        else { return nil }
        (self.version, self.mode) = (String(version), String(mode))
        isPrimary = fields["role"] == "master"
    }

    /// A server from 7 on keeps functions; before there are scripts.
    var libraryMode: Library.Mode { major >= 7 ? .functions : .script }

    private var numbers: [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
    private var major: Int { numbers.first ?? 0 }

    /// Why the server can't serve as what the URL says, with what to do.
    func problem(at endpoint: Endpoint, as kind: ServerKind) -> RedisError? {
        let (major, minor) = (major, numbers.dropFirst().first ?? 0)
        if mode == "sentinel" {
            return .unusable("\(endpoint) is a sentinel: write redis+sentinel://\(endpoint)/NAME-OF-THE-MASTER")
        }
        if major < 6 || major == 6 && minor < 2 {
            return .unusable("\(endpoint) runs Redis \(version): 6.2 or later is needed")
        }
        switch (kind, mode == "cluster") {
        case (.single, true):
            return .unusable("\(endpoint) is a node of a Redis cluster: write redis+cluster://\(endpoint)")
        case (.cluster, false):
            return .unusable("\(endpoint) is no node of a Redis cluster: write redis://\(endpoint)")
        default: break
        }
        guard isPrimary else {
            return .unusable("\(endpoint) is a replica, which takes no writes: name its primary, or the sentinels")
        }
        return nil
    }
}
