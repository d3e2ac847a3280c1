/// The options behind the `?` of a URL.
enum RedisURLOption: String, CaseIterable {
    case prefix
    case ca, cert, key
    case serverName = "server_name"
    case timeout
    case connectTimeout = "connect_timeout"
    case canary
    case database = "db"
    case sentinelUser = "sentinel_user"
    case sentinelPassword = "sentinel_password"

    /// The times that an option may give.
    private static let times: ClosedRange<Duration> = .milliseconds(50)...(.seconds(60))
    /// The longest prefix, in bytes.
    private static let maximumPrefixBytes = 64

    /// Those that a URL of this scheme may have.
    static func allowed(for scheme: RedisURLScheme) -> [RedisURLOption] {
        allCases.filter { option in
            switch option {
            case .prefix, .timeout, .connectTimeout, .canary: true
            case .ca, .cert, .key, .serverName: scheme.isEncrypted
            case .database: scheme.kind == .unix
            case .sentinelUser, .sentinelPassword: scheme.kind == .sentinel
            }
        }
    }

    static func apply(
        _ query: [(name: String, value: String)], of scheme: RedisURLScheme, to options: inout RedisOptions
    ) throws(RedisURLError) {
        let allowed = allowed(for: scheme)
        var seen: Set<RedisURLOption> = []
        for (name, value) in query {
            guard let option = RedisURLOption(rawValue: name), allowed.contains(option) else {
                throw refusal(of: name, scheme: scheme, allowed: allowed)
            }
            guard seen.insert(option).inserted else { throw RedisURLError("the option \(name) is given twice") }
            guard !value.isEmpty else { throw RedisURLError("the option \(name) is empty") }
            try option.set(value, in: &options)
        }
        guard seen.contains(.cert) == seen.contains(.key) else {
            throw RedisURLError("the options cert and key need each other")
        }
        guard seen.contains(.sentinelPassword) || !seen.contains(.sentinelUser) else {
            throw RedisURLError("the option sentinel_user needs sentinel_password")
        }
    }

    private static func refusal(
        of name: String, scheme: RedisURLScheme, allowed: [RedisURLOption]
    ) -> RedisURLError {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        let shown = String(name.prefix(32))
        return RedisURLError("\"\(shown)\" is no option of a \(scheme.name):// URL; there are \(list)")
    }

    private func set(_ value: String, in options: inout RedisOptions) throws(RedisURLError) {
        switch self {
        case .prefix: options.prefix = try Self.prefix(value)
        case .ca: options.tls?.authority = value
        case .cert: options.tls?.certificate = value
        case .key: options.tls?.key = value
        case .serverName: options.tls?.serverName = value
        case .timeout: options.commandTimeout = try duration(value)
        case .connectTimeout: options.connectTimeout = try duration(value)
        case .canary: options.canaryInterval = try duration(value)
        case .database: options.database = try RedisURLParts.database(value)
        case .sentinelUser:
            options.sentinelCredentials = Credentials(
                user: value, password: options.sentinelCredentials?.password ?? "")
        case .sentinelPassword:
            options.sentinelCredentials = Credentials(user: options.sentinelCredentials?.user, password: value)
        }
    }

    /// A prefix names keys, patterns and functions, so it has no braces, no wildcards and no spaces.
    static func prefix(_ value: String) throws(RedisURLError) -> String {
        let isAllowed = value.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "_-.:/".utf8.contains(byte)
        }
        let hasLetter = value.first?.isLetter ?? false
        guard isAllowed, hasLetter, value.utf8.count <= maximumPrefixBytes else {
            throw RedisURLError(
                "the prefix is 1 to \(maximumPrefixBytes) letters, digits and _ - . : / and begins with a letter"
            )
        }
        return value
    }

    private func duration(_ value: String) throws(RedisURLError) -> Duration {
        let digits = value.prefix(while: \.isNumber)
        let unit: Int64? = ["ms": 1, "s": 1000, "m": 60_000][value[digits.endIndex...]]
        guard let unit, let count = Int64(digits), count <= 60_000,
            case let duration = Duration.milliseconds(count * unit), Self.times.contains(duration)
        else { throw RedisURLError("the option \(rawValue) is a time from 50ms to 60s, such as 2s or 500ms") }
        return duration
    }
}
