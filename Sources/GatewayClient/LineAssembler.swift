/// Makes whole lines out of a program's output, however it is cut.
///
/// What stands before a CR within a line was overwritten on the terminal, so a line is what follows its last CR; a line
/// of a progress bar comes once, as it last looked. No more than ``maximumLineBytes`` are held.
package struct LineAssembler: Sendable {
    /// A longer line is cut into several, between characters.
    package static let maximumLineBytes = 32 << 10

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private var pending: [UInt8] = []
    /// The last byte was a CR: only what comes next tells the end of a CRLF from an overwritten line.
    private var afterCarriageReturn = false
    /// What comes up to the next LF is the rest of a line that was lost.
    private var isInLostLine = false

    package init() {}

    /// Takes output, gives the lines that it completes, each with LF at its end.
    package mutating func feed(_ output: UnsafeRawBufferPointer) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(pending.count + output.count)
        var rest = afterLostLine(output)
        while !rest.isEmpty {
            if pending.count == Self.maximumLineBytes, rest[0] != Self.lineFeed, rest[0] != Self.carriageReturn {
                cut(into: &lines)
            }
            // No line of such a run is too long.
            let run = UnsafeRawBufferPointer(rebasing: rest.prefix(max(Self.maximumLineBytes - pending.count, 1)))
            take(run, into: &lines)
            rest = UnsafeRawBufferPointer(rebasing: rest[run.count...])
        }
        return lines
    }

    /// The output's end: what stands after the last newline, if anything does.
    package mutating func finish() -> [UInt8] {
        var lines: [UInt8] = []
        if !pending.isEmpty { flush(into: &lines) }
        return lines
    }

    /// Output was lost here. What it would have completed is lost with it.
    /// - Parameter midLine: the lost output's last line went on; what comes first now is its rest.
    package mutating func lose(midLine: Bool) {
        pending.removeAll(keepingCapacity: true)
        afterCarriageReturn = false
        isInLostLine = midLine
    }

    private mutating func afterLostLine(_ output: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard isInLostLine else { return output }
        guard let end = output.firstIndex(ofByte: Self.lineFeed) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        isInLostLine = false
        return UnsafeRawBufferPointer(rebasing: output[(end + 1)...])
    }

    private mutating func take(_ run: UnsafeRawBufferPointer, into lines: inout [UInt8]) {
        if afterCarriageReturn || run.firstIndex(ofByte: Self.carriageReturn) != nil {
            return takeControls(run, into: &lines)
        }
        guard let end = run.lastIndex(ofByte: Self.lineFeed) else { return pending += run }
        lines += pending
        lines += UnsafeRawBufferPointer(rebasing: run[...end])
        pending.removeAll(keepingCapacity: true)
        pending += UnsafeRawBufferPointer(rebasing: run[(end + 1)...])
    }

    private mutating func takeControls(_ run: UnsafeRawBufferPointer, into lines: inout [UInt8]) {
        var start = 0
        while start < run.count {
            let control = run[start...].firstIndex { $0 == Self.lineFeed || $0 == Self.carriageReturn } ?? run.count
            if control > start {
                if afterCarriageReturn { pending.removeAll(keepingCapacity: true) }
                afterCarriageReturn = false
                pending += UnsafeRawBufferPointer(rebasing: run[start..<control])
            }
            if control < run.count {
                if run[control] == Self.lineFeed { flush(into: &lines) } else { afterCarriageReturn = true }
            }
            start = control + 1
        }
    }

    private mutating func flush(into lines: inout [UInt8]) {
        lines += pending
        lines.append(Self.lineFeed)
        pending.removeAll(keepingCapacity: true)
        afterCarriageReturn = false
    }

    /// All of `pending` but a character that is not whole yet, which begins the next piece.
    private mutating func cut(into lines: inout [UInt8]) {
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
        lines += pending[..<end]
        lines.append(Self.lineFeed)
        pending.removeFirst(end)
    }
}
