package import BrokerCore

/// What the channels of tasks begin with: `task` makes `task:42` the channel of task 42.
package struct TaskNamespace: Hashable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes.
    package static let maximumBytes = 64
    /// The rule in words, for error messages.
    package static let rule = "1 to 64 bytes of letters, digits and _ - = @ , . ; / ~ +"
    /// How many characters an id has that is made here: about 62 bits.
    static let madeIDLength = 12

    package let name: String

    /// - Throws: ``TaskError/invalid(code:detail:)`` (`invalid_namespace`) for a name that breaks ``rule``.
    package init(_ name: String) throws(TaskError) {
        guard (1...Self.maximumBytes).contains(name.utf8.count), !name.contains(":"), (try? ChannelName(name)) != nil
        else { throw .invalid(code: "invalid_namespace", detail: "\"\(name.prefix(64))\" is not \(Self.rule)") }
        self.name = name
    }

    /// The task whose channel it is; `nil` for a channel that is no task's, and for a control channel.
    package func id(of channel: ChannelName) -> TaskID? {
        guard channel.namespace.map({ $0 == name }) ?? false else { return nil }
        return try? TaskID(String(channel.rawValue.dropFirst(name.utf8.count + 1)), namespace: self)
    }

    /// An id that no task has: twelve of `a` to `z` and `0` to `9`, by chance.
    package func randomID() throws(TaskError) -> TaskID {
        try TaskID(Self.text(of: UInt64.random(in: 0...UInt64.max)), namespace: self)
    }

    /// The id that a creation with an idempotency key gets, so that its repetition finds the same task.
    /// - Parameter round: counts the ids that a key has, since one of them may be taken.
    func id(for key: IdempotencyKey, round: Int) throws(TaskError) -> TaskID {
        var hash = StableHash()
        hash.combine(key.rawValue)
        hash.combine("/\(round)")
        return try TaskID(Self.text(of: hash.value), namespace: self)
    }

    package var description: String { name }

    private static func text(of number: UInt64) -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        var (rest, text) = (number, [UInt8]())
        for _ in 0..<madeIDLength {
            text.append(digits[Int(rest % 36)])
            rest /= 36
        }
        return String(decoding: text, as: UTF8.self)
    }
}
