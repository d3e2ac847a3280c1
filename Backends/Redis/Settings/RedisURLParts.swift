/// A URL cut into its parts, percent-decoded. A password is the one part that may hold anything, so no message quotes
/// what may belong to one: what stands before the `@`, and nothing at all when the `@` is missing where it could be.
struct RedisURLParts {
    let scheme: RedisURLScheme
    /// What stands between `//` and the next `/`, `?` or `#`, as it was written.
    private let authority: Substring
    /// The steps of the path.
    private let path: [String]
    let query: [(name: String, value: String)]

    init(_ text: String) throws(RedisURLError) {
        guard let start = text.firstRange(of: "://") else {
            throw RedisURLError("a Redis URL looks like redis://user:password@host:6379/0")
        }
        scheme = try .named(text[..<start.lowerBound])
        let rest = text[start.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        authority = rest[..<end]
        guard !rest[end...].contains("@"), authority.count(where: { $0 == "@" }) <= 1 else {
            throw RedisURLError(
                "a Redis URL has one @, behind the password; write / ? # @ as %2F %3F %23 %40 elsewhere")
        }
        guard !rest.contains("#") else { throw RedisURLError("a Redis URL has no #; write it %23 in a password") }
        let halves = rest[end...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = try (halves.first ?? "").split(separator: "/").map(Self.decode)
        query = try halves.dropFirst().first.map(Self.queryItems) ?? []
    }

    /// Who logs in, by `user:password@`, `:password@` or `password@`. `nil`: no one.
    func credentials() throws(RedisURLError) -> Credentials? {
        guard let at = authority.firstIndex(of: "@") else { return nil }
        let words = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let password = try Self.decode(words[words.count - 1])
        guard !password.isEmpty else { throw RedisURLError("the password before the @ is empty") }
        let user = words.count == 2 && !words[0].isEmpty ? try Self.decode(words[0]) : nil
        return Credentials(user: user, password: password)
    }

    private var hostText: Substring { authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "" }

    func hosts(defaultPort: Int) throws(RedisURLError) -> [Endpoint] {
        guard !hostText.isEmpty else {
            throw RedisURLError("a Redis URL needs a host: \(scheme.name)://host:\(defaultPort)")
        }
        var hosts: [Endpoint] = []
        for text in hostText.split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try Self.host(text, defaultPort: defaultPort))
        }
        return hosts
    }

    private static func host(_ text: Substring, defaultPort: Int) throws(RedisURLError) -> Endpoint {
        var name = text
        var portText: Substring?
        if text.first == "[", let end = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else { throw RedisURLError("a port follows the ] by a colon") }
            portText = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            guard text.firstIndex(of: ":") == colon else { throw RedisURLError("an IPv6 address stands in [ ]") }
            name = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        guard !name.isEmpty else { throw RedisURLError("a host's name is empty") }
        guard let portText else { return .host(try decode(name), port: defaultPort) }
        guard portText.allSatisfy(\.isNumber), let port = Int(portText), (1...65_535).contains(port) else {
            throw RedisURLError("the port behind a host is a number from 1 to 65535")
        }
        return .host(try decode(name), port: port)
    }

    /// The path of a unix socket.
    func socketPath() throws(RedisURLError) -> String {
        guard hostText.isEmpty, !path.isEmpty else {
            throw RedisURLError("a socket's path stands behind three slashes: redis+unix:///run/redis.sock?db=0")
        }
        return "/" + path.joined(separator: "/")
    }

    /// The name of the primary that the sentinels watch.
    func master() throws(RedisURLError) -> String {
        guard let name = path.first else {
            throw RedisURLError("a sentinel URL names its master: \(scheme.name)://host:26379/mymaster/0")
        }
        return name
    }

    /// The number that stands at this place of the path, and nothing behind it. 0 if there is none.
    func database(at place: Int) throws(RedisURLError) -> Int {
        guard path.count > place else { return 0 }
        guard path.count == place + 1 else { throw RedisURLError("nothing may follow the database in the path") }
        return try Self.database(path[place])
    }

    static func database(_ text: String) throws(RedisURLError) -> Int {
        guard let number = Int(text), (0...Self.highestDatabase).contains(number) else {
            throw RedisURLError("the database is a number, 0 or above")
        }
        return number
    }

    /// What the server's protocol can count to.
    private static let highestDatabase = Int(Int32.max)

    func expectNoDatabase() throws(RedisURLError) {
        guard path.isEmpty || path == ["0"] else {
            throw RedisURLError("a cluster has database 0 only: leave out the path")
        }
    }

    private static func queryItems(_ text: Substring) throws(RedisURLError) -> [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        for item in text.split(separator: "&") {
            let words = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            items.append((try decode(words[0]), words.count == 2 ? try decode(words[1]) : ""))
        }
        return items
    }

    /// Percent-decoding (RFC 3986, section 2.1) of text that must then be UTF-8.
    private static func decode(_ text: Substring) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else {
                throw RedisURLError(
                    "a % in a Redis URL is followed by two hexadecimal digits; write the sign itself as %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw RedisURLError("what is percent-encoded in a Redis URL is UTF-8 without zero bytes")
        }
        return decoded
    }
}
