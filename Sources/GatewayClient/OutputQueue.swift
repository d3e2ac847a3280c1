import DequeModule

/// Output as a program wrote it, between two threads of which the reading one may be late.
package struct OutputQueue: Sendable {
    /// Output of one descriptor.
    package struct Piece: Sendable {
        package let source: Int32
        package fileprivate(set) var bytes: [UInt8]
        package fileprivate(set) var loss = Loss()
    }

    /// What was lost before a piece.
    package struct Loss: Sendable {
        package fileprivate(set) var lines = 0
        /// The descriptors of which something was lost, and whether the last line of that went on.
        package fileprivate(set) var sources: [Int32: Bool] = [:]
    }

    /// What is gathered into one piece, in bytes, at most, where it does not come in larger ones.
    private static let pieceBytes = 64 << 10

    private let capacity: Int
    private var waiting: Deque<Piece> = []
    private var size = 0

    /// - Parameter capacity: in bytes; past it the oldest pieces are lost, but never the newest.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    package var isEmpty: Bool { waiting.isEmpty }

    package mutating func append(_ output: UnsafeRawBufferPointer, of source: Int32) {
        size += output.count
        let last = waiting.count - 1
        if last >= 0, waiting[last].source == source, waiting[last].bytes.count + output.count <= Self.pieceBytes {
            waiting[last].bytes += output
        } else {
            waiting.append(Piece(source: source, bytes: Array(output)))
        }
        while size > capacity, waiting.count > 1 { loseFirst() }
    }

    /// All that waits, oldest first.
    package mutating func takeAll() -> [Piece] {
        defer { (waiting, size) = ([], 0) }
        return Array(waiting)
    }

    private mutating func loseFirst() {
        let piece = waiting.removeFirst()
        size -= piece.bytes.count
        let isMidLine = piece.bytes.last != UInt8(ascii: "\n")
        var loss = piece.loss
        loss.lines += LineBlock.ends(in: piece.bytes[...]) + (isMidLine ? 1 : 0)
        loss.sources[piece.source] = isMidLine
        waiting[0].loss = loss
    }
}
