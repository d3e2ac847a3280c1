/// The last lines of a program's output, bounded in number and in size.
package struct LastLines: Sendable {
    package static let lines = 20
    /// All of them together, in bytes, at most: well below what one message may be, with room for escapes.
    package static let bytes = 8 << 10

    private var tail: [UInt8] = []

    package init() {}

    /// Whole lines, each ended by LF.
    package mutating func append(_ lines: [UInt8]) {
        tail += lines.suffix(Self.bytes)
        // Not each time: that would move all of it for each short line.
        if tail.count > 2 * Self.bytes { tail.removeFirst(tail.count - Self.bytes) }
    }

    /// Joined by LF; empty if there were none.
    package var text: String {
        // What of a character is cut off takes some bytes more.
        let kept = tail.suffix(Self.bytes - 16).dropLast()
        let lines = kept.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).suffix(Self.lines)
        guard let first = lines.first, let last = lines.last else { return "" }
        // The oldest is whole unless it is where all was cut off; one that is alone there shows its end.
        let isCut = first.startIndex == kept.startIndex && tail.count > kept.count + 1 && lines.count > 1
        let start = isCut ? first.endIndex + 1 : first.startIndex
        return String(decoding: tail[start..<last.endIndex], as: UTF8.self)
    }
}
