/// Goes through the lines of a block, oldest first.
struct LineCursor {
    private(set) var block: LineBlock
    private var position = 0
    /// How many lines are left.
    private(set) var lines: Int
    /// Of the line that ``next()`` gave last, in bytes, its end included.
    private(set) var lastLength = 0

    init(_ block: LineBlock) {
        self.block = block
        lines = block.lines
    }

    /// What is left, in bytes.
    var bytes: Int { block.bytes.count - position }

    /// The next line, without its end; what is no UTF-8 is repaired.
    mutating func next() -> String? {
        guard lines > 0 else { return nil }
        let (line, end) = block.bytes.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let length = rest.firstIndex(ofByte: UInt8(ascii: "\n")) ?? rest.count
            return (String(decoding: rest.prefix(length), as: UTF8.self), position + length + 1)
        }
        lastLength = end - position
        position = end
        lines -= 1
        return line
    }

    /// Puts lines behind these; there must be none missing between.
    mutating func append(_ other: LineBlock) {
        block.append(other)
        lines += other.lines
    }

    /// How many lines are missing before this block; told once.
    mutating func takeMissing() -> Int {
        defer { block.missing = 0 }
        return block.missing
    }

    /// Gives up lines until this many bytes are gone, or all; gives how many lines that were.
    mutating func drop(bytes wanted: Int) -> Int {
        let from = position + min(max(wanted - 1, 0), bytes)
        let end = block.bytes[from...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? block.bytes.count
        let dropped = LineBlock.ends(in: block.bytes[position..<end])
        position = end
        lines -= dropped
        return dropped
    }
}
