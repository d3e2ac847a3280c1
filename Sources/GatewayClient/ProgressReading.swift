import JSONText

/// How far a program says it is.
package struct ProgressReading: Hashable, Sendable {
    /// The longest note, in characters.
    static let noteCharacters = 200

    package var current: Double?
    package var total: Double?
    package var percent: Double?
    package var note: String?

    package init(current: Double? = nil, total: Double? = nil, percent: Double? = nil, note: String? = nil) {
        self.current = current
        self.total = total
        self.percent = percent
        self.note = note
    }

    /// Whether it says anything, and nothing that a gateway refuses: numbers are finite and not negative, the current
    /// one is not above the total, and percent are at most 100.
    package var isPossible: Bool {
        let numbers = [current, total, percent].compactMap(\.self)
        guard !numbers.isEmpty || note != nil, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return false }
        if let current, let total, current > total { return false }
        return (percent ?? 0) <= 100
    }

    /// As a JSON object.
    package var json: String {
        let numbers = [("current", current), ("total", total), ("percent", percent)].compactMap { name, value in
            value.map { "\"\(name)\":\(Self.number($0))" }
        }
        let note = note.map { ["\"note\":" + JSONWriter.string(String($0.prefix(Self.noteCharacters)))] } ?? []
        return "{" + (numbers + note).joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
