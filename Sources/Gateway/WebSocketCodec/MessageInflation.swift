/// One compressed message on its way in (RFC 7692 §7.2.2). What it inflates to is checked against the bound as it comes, so a
/// small message that would become a large one is refused before it has.
struct MessageInflation {
    /// What a sender leaves out at a message's end.
    static let end: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// Since when something has come.
    private var inflater: Inflater?

    /// What the blocks of a short message may take besides it, in bytes.
    private static let blockBytes = 1_024
    /// The part of a long message that its blocks may take besides it: one in so many of its bytes.
    private static let blockShare = 4

    /// What a message may have on the wire: blocks take some room besides, and may be empty, but not without end.
    static func maximumWireBytes(maximumBytes: Int) -> Int { maximumBytes + maximumBytes / blockShare + blockBytes }

    /// Adds what a piece inflates to, to no more than `maximum` bytes in all.
    /// - Throws: 1009 when that is too much, 1007 when it is no deflate.
    mutating func inflate(
        _ piece: UnsafeRawBufferPointer, into message: inout [UInt8], maximum: Int
    ) throws(WebSocketFailure) {
        guard !piece.isEmpty else { return }
        let inflater = inflater ?? InflaterPool.shared.take()
        self.inflater = inflater
        let isDeflate = try inflater.inflate(piece) { bytes throws(WebSocketFailure) in
            guard bytes.count <= maximum - message.count else { throw .messageTooBig(maximum) }
            message.append(contentsOf: bytes, maximum: maximum)
        }
        guard isDeflate else { throw .invalidPayload("a compressed message is no deflate (RFC 7692)") }
    }

    /// Adds what comes with the message's end.
    mutating func finish(into message: inout [UInt8], maximum: Int) throws(WebSocketFailure) {
        // A message of no bytes at all is an empty one.
        guard let inflater else { return }
        try Self.end.withUnsafeBufferPointer { end throws(WebSocketFailure) in
            try inflate(UnsafeRawBufferPointer(end), into: &message, maximum: maximum)
        }
        guard inflater.isBetweenBlocks else { throw .invalidPayload("a compressed message is cut off (RFC 7692)") }
        InflaterPool.shared.giveBack(inflater)
        self.inflater = nil
    }
}

extension [UInt8] {
    /// Appends bytes, and reserves no more than `maximum`.
    mutating func append(contentsOf bytes: UnsafeRawBufferPointer, maximum: Int) {
        let needed = count + bytes.count
        if needed > capacity { reserveCapacity(Swift.min(maximum, Swift.max(needed, 2 * capacity))) }
        append(contentsOf: bytes)
    }
}
