import BrokerCore

/// Which tasks to list.
package struct TaskQuery: Hashable, Sendable {
    /// The most tasks that one page may have.
    package static let maximumLimit = 1000

    /// Tasks in one of these states; empty: all.
    package var states: Set<TaskState>
    /// 1 to ``maximumLimit``.
    package var limit: Int
    /// Where the page before ended.
    package var cursor: TaskCursor?

    package init(states: Set<TaskState> = [], limit: Int = 100, cursor: TaskCursor? = nil) {
        self.states = states
        self.limit = limit
        self.cursor = cursor
    }
}

/// Tasks, the newest first.
package struct TaskPage: Hashable, Sendable {
    /// At most as many as were asked for; fewer where entries of the list were out of date.
    package var tasks: [TaskSnapshot]
    /// Where the next page begins; `nil` when there is none.
    package var cursor: TaskCursor?

    package init(tasks: [TaskSnapshot], cursor: TaskCursor?) {
        self.tasks = tasks
        self.cursor = cursor
    }
}

/// A place in the list of tasks. Its text is opaque: hexadecimal digits, safe in a URL.
package struct TaskCursor: Hashable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970.
    let created: Int64
    let channel: ChannelName

    init(after entry: ListedTask) {
        (created, channel) = (entry.created, entry.channel)
    }

    /// `nil` for a text that no page has given.
    package init?(_ text: String) {
        guard let bytes = Self.bytes(of: text) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let created = Int64(parts[0]), let channel = try? ChannelName(String(parts[1])) else {
            return nil
        }
        (self.created, self.channel) = (created, channel)
    }

    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = "\(created) \(channel)".utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// The entry as a query has it; only its place counts there.
    var entry: ListedTask { ListedTask(channel: channel, state: TaskState.queued.rawValue, created: created) }

    private static func bytes(of text: String) -> [UInt8]? {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        let nibbles = digits.compactMap { $0.map(UInt8.init) }
        return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }
}
