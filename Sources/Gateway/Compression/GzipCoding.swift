import Hub

/// One reader's stream as one gzip member (RFC 1952), made of pieces that are compressed once for all readers.
///
/// Compressed by runs, as they are delivered: a line of 120 bytes compressed by itself keeps 87 % of its size and costs 7 µs; 32
/// of them as one piece keep 24 % and cost 0.8 µs each; more do little better. What is delivered alone is a piece alone.
final class GzipCoding: StreamCoding {
    /// Below this, in bytes, a reader's own bytes go as they are: to compress them for each reader is dear.
    static let minimumOwnBytes = 512

    /// Magic number, deflate, no flags, no time, no extra flags, system unknown (RFC 1952 §2.3).
    static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

    private var sum = RunningChecksum()

    func begin() -> SharedBytes {
        var writer = ByteWriter()
        Self.header.withUnsafeBytes { writer.append($0) }
        return writer.finish()
    }

    func encode(_ own: SharedBytes) -> Segment {
        Segment(own.withBytes { encode($0) })
    }

    func encode(_ own: UnsafeRawBufferPointer) -> SharedBytes {
        sum.add(own)
        if own.count >= Self.minimumOwnBytes {
            let deflated = DeflaterPool.shared.deflate(own, windowBits: DeflatedPiece.windowBits)
            if deflated.count < own.count { return deflated }
        }
        var writer = ByteWriter(capacity: own.count + ByteWriter.storedBlockOverhead)
        writer.appendStoredBlocks(own)
        return writer.finish()
    }

    func encode(_ run: EncodedRun, _ indices: Range<Int>) -> [Segment] {
        let span = GzipRun.of(run).span(indices)
        sum.add(span.checksum)
        return span.segments
    }

    func end() -> SharedBytes {
        var writer = ByteWriter()
        // A last block, empty, of fixed codes.
        writer.append(littleEndian: UInt16(0x0003))
        writer.append(littleEndian: sum.crc)
        writer.append(littleEndian: sum.count)
        return writer.finish()
    }
}
