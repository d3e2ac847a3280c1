/// How far a program says it is, read from a line of its output.
package struct ProgressPattern: Sendable {
    /// What a pattern may be, in words.
    package static let rule =
        "percent (45%), count (3/10), or a regular expression with groups named current, total, percent or note"
    /// No more of a line is looked at, in bytes: a program says how far it is near the line's start.
    static let lineBytes = 2 << 10

    package enum Invalid: Error, CustomStringConvertible {
        case expression(reason: String)
        case noGroup

        package var description: String {
            switch self {
            case .expression(let reason): "it is no regular expression: \(reason)"
            case .noGroup: "it has no group named current, total, percent or note, as in (?<percent>\\d+)"
            }
        }
    }

    private enum Kind {
        case percent, count
        case expression(SharedRegex, groups: Set<String>)
    }

    /// A compiled expression.
    // It is a value that matching does not change; only its type does not say so.
    private struct SharedRegex: @unchecked Sendable {
        let regex: Regex<AnyRegexOutput>
    }

    private static let groups: Set<String> = ["current", "total", "percent", "note"]
    private let kind: Kind

    /// - Throws: ``Invalid`` when `text` breaks ``rule``.
    package init(_ text: String) throws(Invalid) {
        switch text {
        case "percent": kind = .percent
        case "count": kind = .count
        default: kind = try Self.expression(text)
        }
    }

    private static func expression(_ text: String) throws(Invalid) -> Kind {
        do {
            let regex = try Regex(text).ignoresCase(false)
            let named = groups.filter { regex.contains(captureNamed: $0) }
            guard !named.isEmpty else { throw Invalid.noGroup }
            return .expression(SharedRegex(regex: regex), groups: named)
        } catch let error as Invalid {
            throw error
        } catch {
            throw .expression(reason: "\(error)")
        }
    }

    /// What the line, in UTF-8, says last; `nil` if nothing, or nothing that can be.
    package func read(_ line: ArraySlice<UInt8>) -> ProgressReading? {
        let line = line.prefix(Self.lineBytes)
        let reading =
            switch kind {
            case .percent: Self.percent(in: Array(line))
            case .count: Self.count(in: Array(line))
            case .expression(let shared, let groups):
                Self.match(shared.regex, groups, in: String(decoding: line, as: UTF8.self))
            }
        return reading.flatMap { $0.isPossible ? $0 : nil }
    }

    private static func match(
        _ regex: Regex<AnyRegexOutput>, _ groups: Set<String>, in text: String
    ) -> ProgressReading? {
        guard let match = try? regex.firstMatch(in: text) else { return nil }
        func value(_ name: String) -> String? {
            groups.contains(name) ? match[name]?.substring.map { String($0) } : nil
        }
        return ProgressReading(
            current: value("current").flatMap(Double.init), total: value("total").flatMap(Double.init),
            percent: value("percent").flatMap(Double.init), note: value("note"))
    }

    /// The last number before a `%`.
    private static func percent(in line: [UInt8]) -> ProgressReading? {
        for sign in line.indices.reversed() where line[sign] == UInt8(ascii: "%") {
            let end = line[..<sign].lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
            let start = line[..<end].lastIndex { !isDigit($0) && $0 != UInt8(ascii: ".") }.map { $0 + 1 } ?? 0
            if start > 0, line[start - 1] == UInt8(ascii: "-") { continue }
            if let value = Double(String(decoding: line[start..<end], as: UTF8.self)) {
                return ProgressReading(percent: value)
            }
        }
        return nil
    }

    /// The last `n/m` that stands for itself, such as `3/10`, `[ 3/10]` or `3 / 10`: no date, path or fraction.
    private static func count(in line: [UInt8]) -> ProgressReading? {
        for slash in line.indices.reversed() where line[slash] == UInt8(ascii: "/") {
            let left = line[..<slash].lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
            let start = line[..<left].lastIndex { !isDigit($0) }.map { $0 + 1 } ?? 0
            let right = line[(slash + 1)...].firstIndex { $0 != UInt8(ascii: " ") } ?? line.endIndex
            let end = line[right...].firstIndex { !isDigit($0) } ?? line.endIndex
            if start > 0, isWord(line[start - 1]) { continue }
            // A full stop may end the sentence.
            let stop = end < line.endIndex && line[end] == UInt8(ascii: ".") ? end + 1 : end
            if stop < line.endIndex, isWord(line[stop]) { continue }
            guard let current = Double(String(decoding: line[start..<left], as: UTF8.self)),
                let total = Double(String(decoding: line[right..<end], as: UTF8.self))
            else { continue }
            return ProgressReading(current: current, total: total)
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Whether a number beside it would be a part of something longer.
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || "/.-_".utf8.contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
