/// The name of a channel: 1 to 200 bytes of letters, digits and `_ - = @ , . ; : / ~ +`.
package struct ChannelName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes.
    package static let maximumBytes = 200
    /// The rule in words, for error messages.
    package static let rule = "1 to 200 bytes of letters, digits and _ - = @ , . ; : / ~ +"

    package let rawValue: String

    /// - Throws: ``InvalidName`` when `rawValue` breaks ``rule``.
    package init(_ rawValue: String) throws(InvalidName) {
        guard NameRule.channel.accepts(rawValue) else {
            throw InvalidName(kind: .channel, found: rawValue, rule: Self.rule)
        }
        self.rawValue = rawValue
    }

    /// What stands before the first `:`; it selects the channel's policy. `nil`: the default namespace.
    package var namespace: Substring? {
        rawValue.firstIndex(of: ":").map { rawValue[..<$0] }
    }

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
