import NIOCore

/// What a channel reads into, for channels that stay with NIO for as long as their connection lasts: each read has a buffer of its
/// own, which goes when what it has brought was used. NIO's own way keeps it, as large as the largest read was.
struct PassingReceiveBuffers: RecvByteBufferAllocator {
    /// The first buffer is kept by the channel whatever follows, so it is a small one. In bytes.
    private static let firstBytes = 64

    private var sizes = AdaptiveRecvByteBufferAllocator()
    private var isFirst = true

    /// For a channel that has read nothing yet.
    static func use(_ channel: any Channel) throws {
        try channel.syncOptions?.setOption(.recvAllocator, value: Self())
        // So many buffers are kept, and the first is one.
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        isFirst ? allocator.buffer(capacity: Self.firstBytes) : sizes.buffer(allocator: allocator)
    }

    /// `true`: the buffer that is kept is not to be used again.
    mutating func record(actualReadBytes: Int) -> Bool {
        if !isFirst { _ = sizes.record(actualReadBytes: actualReadBytes) }
        isFirst = false
        return true
    }
}
