import Dispatch
import Glibc
import NIOCore

/// Standard input as it comes. The next piece is read when it is asked for, so the sender's pace is the receiver's and
/// one piece is in memory.
struct StandardInput: AsyncSequence, Sendable {
    /// What is read at once, in bytes, at most.
    private static let pieceBytes = 64 << 10

    struct AsyncIterator: AsyncIteratorProtocol {
        /// A read may block for as long as the sender is silent: not on a thread of the concurrency pool.
        private static let queue = DispatchQueue(label: "telltale.standard-input")

        func next() async throws -> ByteBuffer? {
            try await withCheckedThrowingContinuation { continuation in
                Self.queue.async { continuation.resume(with: Result { try StandardInput.read() }) }
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }

    private static func read() throws -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: pieceBytes)
        let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: pieceBytes) { free in
            try Descriptor.read(STDIN_FILENO, into: free)
        }
        return count == 0 ? nil : buffer
    }
}
