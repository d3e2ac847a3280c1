import NIOCore

/// Cuts a stream of bytes into lines that end with LF or CRLF. It holds no more than one line.
struct LineSplitter {
    /// A line is longer than allowed.
    struct TooLong: Error {}

    /// The longest line, in bytes, without its end.
    let limit: Int
    private var rest = ByteBuffer()
    /// Bytes of `rest` that are known to hold no LF.
    private var searched = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ buffer: ByteBuffer) {
        if rest.readableBytes == 0 {
            rest = buffer
        } else {
            rest.discardReadBytes()
            rest.writeImmutableBuffer(buffer)
        }
    }

    /// The next whole line; `nil` when more has to come first.
    mutating func next() throws(TooLong) -> ByteBuffer? {
        let found = rest.withUnsafeReadableBytes { bytes in bytes[searched...].firstIndex(of: 0x0A) }
        guard let found else {
            searched = rest.readableBytes
            if searched > limit + 1 { throw TooLong() }
            return nil
        }
        searched = 0
        let line = rest.readSlice(length: found)
        rest.moveReaderIndex(forwardBy: 1)
        return try line.map(Self.trimmed).map { line throws(TooLong) in try bounded(line) }
    }

    /// What is left when nothing more comes: the last line, if it has no end.
    mutating func last() throws(TooLong) -> ByteBuffer? {
        guard rest.readableBytes > 0 else { return nil }
        defer { rest.clear() }
        return try bounded(Self.trimmed(rest))
    }

    private func bounded(_ line: ByteBuffer) throws(TooLong) -> ByteBuffer {
        if line.readableBytes > limit { throw TooLong() }
        return line
    }

    private static func trimmed(_ line: ByteBuffer) -> ByteBuffer {
        guard line.readableBytesView.last == 0x0D else { return line }
        return line.getSlice(at: line.readerIndex, length: line.readableBytes - 1) ?? line
    }
}
