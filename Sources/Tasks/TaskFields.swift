import JSONText

/// What the members of a request may be.
package enum TaskFields {
    package static let maximumTitleBytes = 512
    package static let maximumWorkerBytes = 256
    /// Lines of one request; more than that are for the streamed log.
    package static let maximumLines = 4096
    /// Seconds.
    package static let leases: ClosedRange<UInt64> = 1...86_400
    /// As high as a fence may be: what JSON's readers and Lua hold exactly.
    package static let attempts: ClosedRange<UInt64> = 1...(1 << 53 - 1)

    static func title(_ member: JSONMember) throws(TaskError) -> String {
        try text(member, maximumBytes: maximumTitleBytes)
    }

    static func worker(_ member: JSONMember) throws(TaskError) -> String {
        try text(member, maximumBytes: maximumWorkerBytes)
    }

    static func attempt(_ member: JSONMember) throws(TaskError) -> UInt64 {
        try integer(member, in: attempts, code: "invalid_field")
    }

    static func lease(_ member: JSONMember) throws(TaskError) -> Duration {
        .seconds(try integer(member, in: leases, code: "invalid_lease"))
    }

    /// `lost` is no one's to say: a task becomes that when its lease runs out.
    static func state(_ member: JSONMember) throws(TaskError) -> TaskState {
        let word = try text(member, maximumBytes: 64, code: "invalid_state")
        guard let state = TaskState(rawValue: word), state != .lost else {
            let allowed = TaskState.allCases.filter { $0 != .lost }.map(\.rawValue).joined(separator: ", ")
            throw .invalid(code: "invalid_state", detail: "\"\(word)\" is no state to set; these are: \(allowed)")
        }
        return state
    }

    static func lines(_ member: JSONMember) throws(TaskError) -> [String] {
        let lines = lines(of: try text(member, maximumBytes: .max))
        guard lines.count <= maximumLines else {
            throw .invalid(code: "invalid_field", detail: "\"log\" has more than \(maximumLines) lines")
        }
        return lines
    }

    /// A text's lines, which CR, LF and CRLF end. What ends the text begins no further line.
    package static func lines(of text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map(String.init)
    }

    static func text(
        _ member: JSONMember, maximumBytes: Int, code: String = "invalid_field"
    ) throws(TaskError) -> String {
        let text: String
        do { text = try member.string() } catch { throw .invalid(code: code, detail: error.description) }
        guard text.utf8.count <= maximumBytes else {
            throw .invalid(code: code, detail: "\"\(member.key)\" is longer than \(maximumBytes) bytes")
        }
        return text
    }

    static func unknown(_ member: JSONMember, allowed: String) -> TaskError {
        .invalid(
            code: "invalid_field", detail: "there is no member \"\(member.key.prefix(64))\"; there are \(allowed)")
    }

    private static func integer(
        _ member: JSONMember, in range: ClosedRange<UInt64>, code: String
    ) throws(TaskError) -> UInt64 {
        do { return try member.integer(in: range) } catch { throw .invalid(code: code, detail: error.description) }
    }
}
