import BrokerCore
import CZlib

/// A raw inflate stream (RFC 1951), which takes about 56 KB. There is one for each message that has arrived in part, and none for
/// a connection on which nothing comes.
// Unchecked because whoever has taken it from the pool is alone with it.
final class Inflater: @unchecked Sendable {
    /// What comes of one step, at most, in bytes: what a caller that has a bound may go beyond it.
    static let stepBytes = 16 << 10
    /// A window of 32 KiB, the largest there is: right for whatever the sender uses.
    private static let windowBits: Int32 = 15

    // zlib keeps the stream's address, and checks it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.stepBytes, alignment: 1)

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        precondition(inflateInit2_(stream, -Self.windowBits, ZLIB_VERSION, size) == Z_OK, "zlib has no memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Forgets what came before.
    func reset() { inflateReset(stream) }

    /// What has come ends between two blocks.
    var isBetweenBlocks: Bool {
        // Bit 7 says so; the lower ones would count bits that are left over (zlib.h, inflate).
        stream.pointee.data_type == 128
    }

    /// Hands over what comes of `input`, step by step. `false`: this is no deflate.
    func inflate<Failure: Error>(
        _ input: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        // zlib reads its input, and does not write to it.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return false }
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0 { try take(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count])) }
            // A block may be marked as the last, and others follow all the same (RFC 7692 §7.2.3.4).
            if result == Z_STREAM_END { inflateReset(stream) }
            if result == Z_BUF_ERROR { break }
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
        return true
    }
}

/// The inflate streams of the process that nobody uses.
final class InflaterPool: Sendable {
    static let shared = InflaterPool()

    /// Streams that are kept for the next to come.
    private static let maximumIdle = 16

    private let idle = Locked<[Inflater]>([])

    func take() -> Inflater {
        idle.withLock { $0.popLast() } ?? Inflater()
    }

    func giveBack(_ inflater: Inflater) {
        inflater.reset()
        idle.withLock { if $0.count < Self.maximumIdle { $0.append(inflater) } }
    }
}
