import BrokerCore

/// What `If-None-Match` says (RFC 9110 §13.1.2). The entity tag of a task is its snapshot's position.
struct ETagCondition {
    private let tags: [Substring]
    private let isAny: Bool

    init(_ header: String?) {
        let tags = (header ?? "").split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }
        isAny = tags.contains { $0.hasPrefix("*") }
        // Weak comparison: `W/` counts for nothing.
        self.tags = tags.map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0 }.map { tag in
            guard let end = tag.lastIndex(of: "\"") else { return tag }
            return tag[...end]
        }
    }

    /// The reader has nothing yet.
    var isEmpty: Bool { tags.isEmpty }

    /// The reader has this already. What has no position has no tag.
    func matches(_ position: Position?) -> Bool {
        position.map { matches(tag: Self.tag($0)) } ?? false
    }

    func matches(tag: String) -> Bool {
        isAny || tags.contains { $0 == tag }
    }

    static func tag(_ position: Position) -> String { "\"\(position)\"" }
}
