import Glibc

/// What a socket has taken and the other end has not acknowledged (tcp(7), `SIOCOUTQ`).
enum SendQueue {
    /// `TIOCOUTQ`, which the C library's module leaves out.
    private static let request: UInt = 0x5411

    static func bytes(_ socket: Int32) -> Int {
        var count: Int32 = 0
        return ioctl(socket, request, &count) == 0 ? Int(count) : 0
    }
}
