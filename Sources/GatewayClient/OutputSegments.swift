/// Cuts a program's output where a terminal would show it as a step: at LF and at CR, as a progress bar uses it.
package struct OutputSegments: Sendable {
    /// A longer segment is given up to its next end, in bytes.
    static let segmentBytes = 8 << 10

    private var pending: [UInt8] = []

    package init() {}

    /// Takes output, gives the segments that it completes, as UTF-8; empty ones are left out.
    package mutating func feed(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var segments: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r") {
            if !pending.isEmpty {
                keep(bytes[start..<index])
                segments += finish().map { [$0] } ?? []
            } else if start < index {
                segments.append(bytes[start..<index].prefix(Self.segmentBytes))
            }
            start = index + 1
        }
        keep(bytes[start...])
        return segments
    }

    /// The output's end: what stands after the last end, if anything does.
    package mutating func finish() -> ArraySlice<UInt8>? {
        guard !pending.isEmpty else { return nil }
        defer { pending = [] }
        return pending[...]
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        pending += bytes.prefix(Self.segmentBytes - pending.count)
    }
}
