/// Makes lines of text out of a program's output, however it is cut.
///
/// What stands before a CR within a line was overwritten on the terminal, so a line is what follows its last CR; a line
/// of a progress bar comes once, as it last looked. Bytes that are no UTF-8 become U+FFFD. No more than
/// ``maximumLineBytes`` are held.
package struct LineAssembler: Sendable {
    /// A longer line is cut into several, between characters.
    package static let maximumLineBytes = 32 << 10

    private var pending: [UInt8] = []
    /// The last byte was a CR: only what comes next tells the end of a CRLF from an overwritten line.
    private var afterCarriageReturn = false

    package init() {}

    /// Takes output, gives the lines that it completes.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var lines: [String] = []
        var rest = Slice(base: bytes, bounds: bytes.indices)
        while let control = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            take(rest[..<control], into: &lines)
            if rest[control] == UInt8(ascii: "\n") {
                lines.append(flush())
            } else {
                afterCarriageReturn = true
            }
            rest = rest[(control + 1)...]
        }
        take(rest, into: &lines)
        return lines
    }

    /// The output's end: what stands after the last newline, if anything does.
    package mutating func finish() -> String? {
        pending.isEmpty ? nil : flush()
    }

    private mutating func take(_ run: Slice<UnsafeRawBufferPointer>, into lines: inout [String]) {
        guard !run.isEmpty else { return }
        if afterCarriageReturn { pending.removeAll(keepingCapacity: true) }
        afterCarriageReturn = false
        var rest = run
        while pending.count + rest.count > Self.maximumLineBytes {
            let room = Self.maximumLineBytes - pending.count
            pending += rest.prefix(room)
            rest = rest.dropFirst(room)
            lines.append(cut())
        }
        pending += rest
    }

    private mutating func flush() -> String {
        defer {
            pending.removeAll(keepingCapacity: true)
            afterCarriageReturn = false
        }
        return String(decoding: pending, as: UTF8.self)
    }

    /// All of `pending` but a character that is not whole yet, which begins the next piece.
    private mutating func cut() -> String {
        // A character has at most three continuation bytes; more of them are no UTF-8, and are cut anywhere.
        var end = pending.count - 1
        while end > pending.count - 4, pending[end] & 0xC0 == 0x80 { end -= 1 }
        let length =
            switch pending[end] {
            case 0xF0...0xF7: 4
            case 0xE0...0xEF: 3
            case 0xC0...0xDF: 2
            default: 1
            }
        if end + length <= pending.count { end = pending.count }
        defer { pending.removeFirst(end) }
        return String(decoding: pending[..<end], as: UTF8.self)
    }
}
