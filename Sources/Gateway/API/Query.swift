import BrokerCore
import HTTPTypes

/// The query of a request's target. Keys may be repeated; nothing else than percent-encoding is undone.
struct Query: Sendable {
    private let items: [(key: String, value: String)]

    /// - Throws: ``Problem`` when an escape is broken.
    init(target: String) throws(Problem) {
        var items: [(key: String, value: String)] = []
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            for item in target.utf8[mark...].dropFirst().split(separator: UInt8(ascii: "&")) {
                let equals = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
                let name = Substring(item[..<equals])
                guard let key = Percent.decode(name),
                    let value = Percent.decode(Substring(item[equals...].dropFirst()))
                else {
                    // Not its value, which may be a token.
                    throw Problem(
                        .badRequest, "invalid_query", "\"\(name.prefix(64))=\" is not percent-encoded UTF-8")
                }
                items.append((key, value))
            }
        }
        self.items = items
    }

    /// The first value of the key.
    subscript(key: String) -> String? {
        items.first { $0.key == key }?.value
    }

    func all(_ key: String) -> [String] {
        items.filter { $0.key == key }.map(\.value)
    }

    /// `1` or `true`, `0` or `false`, or nothing, which is false. A key without a value is true.
    func flag(_ key: String) throws(Problem) -> Bool {
        switch self[key] {
        case nil, "0", "false": return false
        case "1", "true", "": return true
        case let other?: throw Problem.invalidQuery(key, other, "1 or 0")
        }
    }

    func integer(_ key: String, in range: ClosedRange<UInt64>) throws(Problem) -> UInt64? {
        guard let text = self[key] else { return nil }
        guard let value = UInt64(text), range.contains(value) else {
            throw Problem.invalidQuery(key, text, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

/// The path and what may be asked of it.
struct Target {
    static let channels = "/v1/channels/"

    let path: String
    let query: Query

    /// - Throws: ``Problem`` when the query is broken.
    init(_ request: HTTPRequest) throws(Problem) {
        try self.init(request.path ?? "/")
    }

    /// - Parameter target: a request's target in origin form (RFC 9112 §3.2.1).
    /// - Throws: ``Problem`` when the query is broken.
    init(_ target: String) throws(Problem) {
        path = String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))
        query = try Query(target: target)
    }

    /// The channel that a path under `/v1/channels/` names; slashes in it may be escaped or not.
    /// - Throws: ``Problem`` when it is no channel name.
    func channel() throws(Problem) -> ChannelName {
        let text = Substring(path.utf8.dropFirst(Self.channels.utf8.count))
        guard let name = Percent.decode(text) else {
            throw Problem(.badRequest, "invalid_channel", "\"\(text.prefix(64))\" is not percent-encoded UTF-8")
        }
        return try Self.channel(name)
    }

    static func channel(_ name: String) throws(Problem) -> ChannelName {
        do throws(InvalidName) { return try ChannelName(name) } catch { throw Problem(error) }
    }
}
