import BrokerCore
import Glibc
import Hub
import NIOCore
import NIOPosix

/// The ways in which a reader's bytes leave. Every promise is kept by each.
enum SinkKind: String, CaseIterable, Sendable {
    /// A socket of the shard's own, with what goes to many sent by io_uring if the kernel has it.
    case ring
    /// The same with a system call for each reader.
    case socket
    /// A NIO channel.
    case channel

    /// What the Hub is given of the connected socket.
    func connection(_ descriptor: Int32) async throws -> SessionSeed.Connection {
        switch self {
        case .ring, .socket: return .socket(descriptor)
        case .channel:
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.autoRead, value: false)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .withConnectedSocket(descriptor).get()
            return .sink { ChannelSink(channel: channel, handle: $0) }
        }
    }
}

/// A connection over loopback: two non-blocking sockets with small kernel buffers, so that a reader that stops shows soon.
enum SocketPair {
    struct Failure: Error { let call: String, errno: Int32 }

    static func connected() throws -> (near: Int32, far: Int32) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        try withSocketAddress(&address) { pointer, length in
            try check("bind", bind(listener, pointer, length))
            try check("listen", listen(listener, 1))
            try check("getsockname", getsockname(listener, UnsafeMutablePointer(mutating: pointer), &length))
        }
        let near = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        limit(near, SO_RCVBUF)
        try withSocketAddress(&address) { pointer, length in try check("connect", connect(near, pointer, length)) }
        let far = accept(listener, nil, nil)
        try check("accept", far)
        limit(far, SO_SNDBUF)
        for descriptor in [near, far] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        return (near, far)
    }

    private static func limit(_ descriptor: Int32, _ option: Int32) {
        var bytes: Int32 = 16 << 10
        setsockopt(descriptor, SOL_SOCKET, option, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func check(_ call: String, _ result: Int32) throws {
        if result < 0 { throw Failure(call: call, errno: errno) }
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, inout socklen_t) throws -> Void
    ) rethrows {
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutableBytes(of: &address) { bytes in
            try bytes.withMemoryRebound(to: sockaddr.self) { pointer in
                if let base = pointer.baseAddress { try body(base, &length) }
            }
        }
    }
}
