import NIOCore
import Testing

@testable import Gateway

/// What channels that stay with NIO read into.
@Suite struct PassingReceiveBuffersTests {
    private var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: PassingReceiveBuffers())

    /// Reads as much as there is room for, up to so many bytes.
    private mutating func read(_ bytes: Int) -> ByteBuffer {
        let (buffer, count) = pool.buffer(allocator: ByteBufferAllocator()) { buffer in
            let count = min(bytes, buffer.writableBytes)
            buffer.writeRepeatingByte(1, count: count)
            return count
        }
        pool.record(actualReadBytes: count)
        return buffer
    }

    @Test mutating func `a channel keeps none of what it has read into but a small first buffer`() {
        #expect(read(5_000).readableBytes == 64)
        for _ in 1...3 {
            var buffer = read(1_000)
            let isOurs = buffer.modifyIfUniquelyOwned { _ in true }
            #expect(buffer.readableBytes == 1_000)
            #expect(isOurs == true)
        }
        #expect(pool.count == 1)
    }

    @Test mutating func `who sends much is read from in large pieces`() {
        for _ in 1...10 { _ = read(1 << 20) }
        #expect(read(1 << 20).readableBytes == 64 << 10)
    }
}
