/// A name, key or text that breaks its rule. The broker never sees one: the types below can't hold it.
package struct InvalidName: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case channel, event, retain, idempotencyKey = "idempotency_key", position
    }

    package let kind: Kind
    /// What was given, cut to its first 64 characters.
    package let found: String
    /// What is allowed, in words.
    package let rule: String

    package init(kind: Kind, found: String, rule: String) {
        self.kind = kind
        self.found = String(found.prefix(64))
        self.rule = rule
    }

    package var description: String { "\"\(found)\" is no valid \(kind.rawValue): \(rule)" }
}

/// What a message is: `message`, `log`, `progress` …: 1 to 64 bytes of letters, digits and `_ - . :`.
package struct EventName: Hashable, Sendable, CustomStringConvertible {
    package static let rule =
        "1 to 64 bytes of letters, digits and _ - . : (names that begin with \"stream-\" are the gateway's)"
    /// The prefix of the gateway's own events, which no producer may use.
    package static let reservedPrefix = "stream-"
    /// The event of a message that names none.
    package static let message = EventName(unchecked: "message")
    /// A line of output.
    package static let log = EventName(unchecked: "log")

    package let rawValue: String

    /// - Throws: ``InvalidName`` when `rawValue` breaks ``rule``.
    package init(_ rawValue: String) throws(InvalidName) {
        guard NameRule.key.accepts(rawValue), !rawValue.hasPrefix(Self.reservedPrefix) else {
            throw InvalidName(kind: .event, found: rawValue, rule: Self.rule)
        }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
}

/// The key under which a channel keeps the newest message: 1 to 64 bytes of letters, digits and `_ - . :`.
package struct RetainKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let rule = "1 to 64 bytes of letters, digits and _ - . :"

    package let rawValue: String

    /// - Throws: ``InvalidName`` when `rawValue` breaks ``rule``.
    package init(_ rawValue: String) throws(InvalidName) {
        guard NameRule.key.accepts(rawValue) else {
            throw InvalidName(kind: .retain, found: rawValue, rule: Self.rule)
        }
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A producer's own name for one publication, so that repeating it publishes nothing: 1 to 255 visible ASCII bytes.
package struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    package static let rule = "1 to 255 visible ASCII characters"

    package let rawValue: String

    /// - Throws: ``InvalidName`` when `rawValue` breaks ``rule``.
    package init(_ rawValue: String) throws(InvalidName) {
        guard (1...255).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw InvalidName(kind: .idempotencyKey, found: rawValue, rule: Self.rule)
        }
        self.rawValue = rawValue
    }

    package var description: String { rawValue }
}

/// Which bytes a name may hold, and how many.
struct NameRule {
    static let channel = NameRule(maximumBytes: ChannelName.maximumBytes, punctuation: "_-=@,.;:/~+")
    static let key = NameRule(maximumBytes: 64, punctuation: "_-.:")

    let maximumBytes: Int
    private let allowed: [Bool]

    private init(maximumBytes: Int, punctuation: StaticString) {
        self.maximumBytes = maximumBytes
        var allowed = [Bool](repeating: false, count: 256)
        for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { allowed[Int(byte)] = true }
        for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { allowed[Int(byte)] = true }
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { allowed[Int(byte)] = true }
        punctuation.withUTF8Buffer { for byte in $0 { allowed[Int(byte)] = true } }
        self.allowed = allowed
    }

    func accepts(_ name: String) -> Bool {
        (1...maximumBytes).contains(name.utf8.count) && name.utf8.allSatisfy { allowed[Int($0)] }
    }
}
