import JSONText

/// How far a task is. The numbers stay as they were written.
package struct TaskProgress: Hashable, Sendable {
    package private(set) var current: Double?
    package private(set) var total: Double?
    package private(set) var percent: Double?
    package private(set) var note: String?
    /// The members that are given, as one JSON object.
    package private(set) var json: String

    /// - Throws: ``TaskError/invalid(code:detail:)`` (`invalid_progress`) for a number that is not finite or is negative,
    ///   `current` above `total`, `percent` above 100, and when nothing is given.
    package init(
        current: Double? = nil, total: Double? = nil, percent: Double? = nil, note: String? = nil
    ) throws(TaskError) {
        (self.current, self.total, self.percent, self.note) = (current, total, percent, note)
        var writer = JSONMembers()
        for (key, number) in [("current", current), ("total", total), ("percent", percent)] {
            if let number { writer.member(key, verbatim: Self.text(of: number)) }
        }
        if let note { writer.member("note", note) }
        json = writer.object
        try validate()
    }

    /// - Throws: as the other initializer, and for a member that progress does not have or that is of another kind.
    init(_ member: JSONMember) throws(TaskError) {
        guard let object = try? JSONObject(member.value) else {
            throw Self.invalid("\"progress\" is \(member.kind), but must be an object")
        }
        var writer = JSONMembers()
        for member in object.members {
            switch member.key {
            case "current": current = try Self.number(member)
            case "total": total = try Self.number(member)
            case "percent": percent = try Self.number(member)
            case "note": note = try Self.text(member)
            default:
                throw Self.invalid("progress has no \"\(member.key.prefix(64))\": it has current, total, percent, note")
            }
            writer.member(member.key, verbatim: member.verbatim)
        }
        json = writer.object
        try validate()
    }

    private func validate() throws(TaskError) {
        for (name, number) in [("current", current), ("total", total), ("percent", percent)] {
            guard let number else { continue }
            guard number.isFinite, number >= 0 else {
                throw Self.invalid("\"\(name)\" must be a number that is finite and not below 0")
            }
        }
        if let current, let total, current > total { throw Self.invalid("\"current\" must not be above \"total\"") }
        if let percent, percent > 100 { throw Self.invalid("\"percent\" must be from 0 to 100") }
        guard current != nil || total != nil || percent != nil || note != nil else {
            throw Self.invalid("progress needs one of current, total, percent, note")
        }
    }

    private static func number(_ member: JSONMember) throws(TaskError) -> Double {
        guard member.kind == .number, let number = Double(member.verbatim) else {
            throw invalid("\"\(member.key)\" is \(member.kind), but must be a number")
        }
        return number
    }

    private static func text(_ member: JSONMember) throws(TaskError) -> String {
        do { return try member.string() } catch { throw invalid(error.description) }
    }

    private static func text(of number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\(number)"
    }

    private static func invalid(_ detail: String) -> TaskError { .invalid(code: "invalid_progress", detail: detail) }
}
