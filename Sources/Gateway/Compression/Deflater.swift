import BrokerCore
import CZlib
import Hub

/// A raw deflate stream (RFC 1951) that is used for one piece after another, none of which refers to those before.
///
/// It takes about 270 KB, so there are as many as compress at the same time, and none for a reader: see ``DeflaterPool``.
// Unchecked because whoever has taken it from the pool is alone with it.
final class Deflater: @unchecked Sendable {
    /// For what is compressed while it is delivered, the quickest: higher levels take twice the time for a hundredth less.
    private static let level = Z_BEST_SPEED
    /// zlib's usual (zconf.h).
    private static let memoryLevel: Int32 = 8
    /// What a flush adds to `deflateBound`, in bytes: the end of a block and an empty one.
    private static let flushBytes = 16

    let windowBits: Int32
    // zlib keeps the stream's address, and checks it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 9...15; no piece refers back further than 2 to this power.
    init(windowBits: Int32) {
        self.windowBits = windowBits
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, Self.level, Z_DEFLATED, -windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib has no memory")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The piece compressed, ended by a flush: an empty stored block, 00 00 FF FF (RFC 7692 §7.2.1), behind which another
    /// piece can follow.
    func deflate(_ piece: UnsafeRawBufferPointer) -> SharedBytes {
        deflateReset(stream)
        let bound = Int(deflateBound(stream, UInt(piece.count))) + Self.flushBytes
        return withUnsafeTemporaryAllocation(byteCount: bound, alignment: 1) { output in
            // zlib reads its input, and does not write to it.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(piece.count)
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(bound)
            let result = CZlib.deflate(stream, Z_SYNC_FLUSH)
            precondition(result == Z_OK && stream.pointee.avail_out > 0, "deflateBound is one")
            let count = bound - Int(stream.pointee.avail_out)
            var writer = ByteWriter(capacity: count)
            writer.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count]))
            return writer.finish()
        }
    }
}

/// The deflate streams of the process.
final class DeflaterPool: Sendable {
    static let shared = DeflaterPool()

    /// Streams that are kept for the next to come: one a processor.
    private static let maximumIdle = Processors.available

    private let idle = Locked<[Deflater]>([])

    /// Compresses one piece, independent of all others, ended by a flush.
    func deflate(_ piece: UnsafeRawBufferPointer, windowBits: Int32) -> SharedBytes {
        let deflater = take(windowBits) ?? Deflater(windowBits: windowBits)
        defer { giveBack(deflater) }
        return deflater.deflate(piece)
    }

    private func take(_ windowBits: Int32) -> Deflater? {
        idle.withLock { idle in
            idle.lastIndex { $0.windowBits == windowBits }.map { idle.remove(at: $0) }
        }
    }

    private func giveBack(_ deflater: Deflater) {
        idle.withLock { idle in
            idle.append(deflater)
            if idle.count > Self.maximumIdle { idle.removeFirst() }
        }
    }
}
