/// What a URL begins with.
struct RedisURLScheme: Hashable, Sendable {
    enum Kind: Sendable { case single, unix, sentinel, cluster }

    let name: String
    let kind: Kind
    let isEncrypted: Bool

    static let all = [
        RedisURLScheme(name: "redis", kind: .single, isEncrypted: false),
        RedisURLScheme(name: "rediss", kind: .single, isEncrypted: true),
        RedisURLScheme(name: "redis+unix", kind: .unix, isEncrypted: false),
        RedisURLScheme(name: "redis+sentinel", kind: .sentinel, isEncrypted: false),
        RedisURLScheme(name: "rediss+sentinel", kind: .sentinel, isEncrypted: true),
        RedisURLScheme(name: "redis+cluster", kind: .cluster, isEncrypted: false),
        RedisURLScheme(name: "rediss+cluster", kind: .cluster, isEncrypted: true),
    ]

    static func named(_ name: some StringProtocol) throws(RedisURLError) -> RedisURLScheme {
        guard let scheme = all.first(where: { $0.name == name.lowercased() }) else {
            let allowed = all.map { "\($0.name)://" }.joined(separator: ", ")
            throw RedisURLError("a Redis URL begins with one of \(allowed)")
        }
        return scheme
    }
}
