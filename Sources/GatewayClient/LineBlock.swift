/// Whole lines of output, one after the other: what is handed on, kept and dropped at once.
package struct LineBlock: Hashable, Sendable {
    /// Each line is ended by LF, and is at most ``LineAssembler/maximumLineBytes`` long.
    package private(set) var bytes: [UInt8]
    package private(set) var lines: Int
    /// How many lines are missing before these.
    package internal(set) var missing: Int

    package init(_ bytes: [UInt8], missing: Int = 0) {
        self.init(bytes, lines: Self.ends(in: bytes[...]), missing: missing)
    }

    init(_ bytes: [UInt8], lines: Int, missing: Int) {
        self.bytes = bytes
        self.lines = lines
        self.missing = missing
    }

    /// Says nothing at all.
    package var isEmpty: Bool { bytes.isEmpty && missing == 0 }

    /// How many lines end in these bytes.
    package static func ends(in bytes: ArraySlice<UInt8>) -> Int {
        // Without a branch and without a check for overflow it is done many bytes at a time.
        bytes.withUnsafeBufferPointer { $0.reduce(0) { $0 &+ ($1 == UInt8(ascii: "\n") ? 1 : 0) } }
    }

    /// Puts lines behind these; there must be none missing between.
    mutating func append(_ other: LineBlock) {
        bytes += other.bytes
        lines += other.lines
    }
}
