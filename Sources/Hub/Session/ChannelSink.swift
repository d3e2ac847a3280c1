package import NIOCore

/// A NIO channel as a session's sink: for connections that can't be a plain socket of a shard.
///
/// The channel is given no more than ``window`` bytes that have not left; the rest waits in the session, within its bound.
package final class ChannelSink: Sink {
    /// Bytes on their way through the channel, at most.
    package static let window = 4 * partBytes
    /// Bytes that are written at once: a reader that takes so much within the write timeout is only slow. With what TLS adds, they fit
    /// into the 16 KB that it keeps for them; for more, it would keep twice as much for good.
    private static let partBytes = 15 << 10

    /// The channel takes the head of a response as a value, and everything else as its body.
    package let takesHeads: Bool
    private let channel: any Channel
    private let handle: SessionHandle
    private let clock = Monotonic()
    package private(set) var underWay = 0
    /// When bytes last left, or began to wait, in milliseconds of the clock.
    private var progress: Int64 = 0

    /// Heads are values to the streams of HTTP/2, whose connection counts all their bytes.
    package var isMetered: Bool { !takesHeads }

    /// On the shard's thread. The channel's reading is stopped, and begins here.
    package init(channel: any Channel, handle: SessionHandle, takesHeads: Bool = false) {
        self.channel = channel
        self.handle = handle
        self.takesHeads = takesHeads
        channel.eventLoop.execute {
            do {
                try channel.pipeline.syncOperations.addHandler(ChannelSource(handle: handle))
                try channel.syncOptions?.setOption(.autoRead, value: true)
            } catch {
                handle.perform { $0.close() }
            }
        }
    }

    /// Writes the head of the response; before anything else, where the channel ``takesHeads``.
    package func write<Head: Sendable>(head: Head) {
        channel.writeAndFlush(head, promise: nil)
    }

    package func write(_ segments: borrowing SegmentQueue) -> Int? {
        guard channel.isActive else { return nil }
        guard underWay < Self.window else { return 0 }
        var room = min(Self.window - underWay, Self.partBytes)
        var buffer = ByteBuffer()
        segments.forEachWhile { segment in
            let part = segment.content.prefix(room)
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: part))
            room -= part.count
            return room > 0
        }
        guard buffer.readableBytes > 0 else { return 0 }
        if underWay == 0 { progress = clock.milliseconds }
        underWay += buffer.readableBytes
        send(buffer)
        return buffer.readableBytes
    }

    private func send(_ buffer: ByteBuffer) {
        let count = buffer.readableBytes
        let handle = handle
        channel.writeAndFlush(buffer).whenComplete { result in
            handle.perform { session in
                guard case .success = result else { return session.close() }
                (session.sink as? ChannelSink)?.left(count)
                session.sinkIsReady()
            }
        }
    }

    private func left(_ count: Int) {
        underWay -= count
        progress = clock.milliseconds
    }

    package func finish() {
        // Behind what was written, for the event loop takes both in order.
        channel.close(mode: .output, promise: nil)
    }

    package func close() {
        channel.close(promise: nil)
    }

    /// For how long nothing has left. What has left is in the kernel's hands, which gives up a peer that acknowledges nothing by
    /// the channel's options.
    package var unacknowledgedMilliseconds: UInt32 {
        underWay == 0 ? 0 : UInt32(clamping: clock.milliseconds - progress)
    }

    package func setReading(_ wanted: Bool) {
        channel.setOption(.autoRead, value: wanted).whenComplete { _ in }
    }
}

/// What comes from the channel, to the session.
private final class ChannelSource: ChannelInboundHandler {
    typealias InboundIn = Any

    private let handle: SessionHandle

    init(handle: SessionHandle) {
        self.handle = handle
    }

    func channelRead(context _: ChannelHandlerContext, data: NIOAny) {
        guard case .byteBuffer(var buffer) = unwrapInboundIn(data) as? IOData else { return }
        let received = buffer.readBytes(length: buffer.readableBytes) ?? []
        handle.perform { session in
            var bytes = received
            bytes.withUnsafeMutableBytes { session.receive($0) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        handle.perform { $0.close() }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { handle.perform { $0.close() } }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error _: any Error) {
        context.close(promise: nil)
    }
}
