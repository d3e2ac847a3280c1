import Glibc
import NIOCore

/// How long the kernel goes on with a peer that acknowledges nothing, on connections that stay with NIO. A shard looks after its own
/// sockets itself.
enum WriteTimeout {
    /// RFC 5482; the window that is never opened counts as well as the segment that is never acknowledged.
    static func limit(_ channel: any Channel, _ timeout: TimeAmount) throws {
        try channel.syncOptions?.setOption(
            ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), SocketOptionName(TCP_USER_TIMEOUT)),
            value: SocketOptionValue(timeout.nanoseconds / 1_000_000))
    }
}
