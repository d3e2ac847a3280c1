package import BrokerCore

/// The name of a task within its namespace.
package struct TaskID: Hashable, Sendable, CustomStringConvertible {
    /// What the control channel has after the task's.
    package static let controlSuffix = ":control"

    package let rawValue: String
    /// The task's channel: `task:42`.
    package let channel: ChannelName
    /// Where its worker hears that it is to stop: `task:42:control`.
    package let control: ChannelName

    /// - Throws: ``TaskError/invalid(code:detail:)`` (`invalid_id`) for an id that is empty or too long, has a byte that
    ///   no channel's name has, ends as a control channel does, or is one that browsers take out of a path (`.` and `..`).
    package init(_ text: String, namespace: TaskNamespace) throws(TaskError) {
        let room = ChannelName.maximumBytes - namespace.name.utf8.count - 1 - Self.controlSuffix.utf8.count
        guard !["", ".", ".."].contains(text), !text.hasSuffix(Self.controlSuffix),
            let channel = try? ChannelName("\(namespace.name):\(text)"),
            let control = try? ChannelName("\(channel.rawValue)\(Self.controlSuffix)")
        else {
            let rule =
                "1 to \(room) bytes of letters, digits and _ - = @ , . ; : / ~ +, not . or .., not ending in \(Self.controlSuffix)"
            throw .invalid(code: "invalid_id", detail: "\"\(text.prefix(64))\" is no id of a task: \(rule)")
        }
        self.rawValue = text
        self.channel = channel
        self.control = control
    }

    package var description: String { rawValue }
}
