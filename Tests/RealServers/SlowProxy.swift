import Foundation

/// Stands before a server and passes on at most 64 KiB at a time and a fixed number of times a second in each
/// direction; or takes connections and stays silent.
package final class SlowProxy: Sendable {
    /// Where it listens.
    package let port: Int
    private let listener: Int32

    /// Bytes that are passed on at once.
    private static let piece = 64 << 10

    /// - Parameter target: the port that it passes on to; `nil`: it is silent.
    package init(to target: Int?, pause: Duration = .milliseconds(10)) throws {
        let listener = try Self.open()
        self.listener = listener
        var size: Int32 = 64 << 10
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        port = try Self.listen(listener)
        guard let target else { return }
        Thread.detachNewThread {
            while case let client = accept(listener, nil, nil), client >= 0 {
                guard let server = try? Self.connect(to: target) else { return }
                Thread.detachNewThread { Self.pass(client, server, pause) }
                Thread.detachNewThread { Self.pass(server, client, pause) }
            }
        }
    }

    /// Takes no more connections.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func pass(_ source: Int32, _ sink: Int32, _ pause: Duration) {
        var bytes = [UInt8](repeating: 0, count: piece)
        while case let count = read(source, &bytes, piece), count > 0 {
            var sent = 0
            while sent < count {
                let more = bytes[sent..<count].withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard more > 0 else { break }
                sent += more
            }
            usleep(UInt32(pause / .microseconds(1)))
        }
        shutdown(sink, Int32(SHUT_RDWR))
    }

    /// Gives the port.
    private static func listen(_ socket: Int32) throws -> Int {
        var address = sockaddr_in(loopback: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard address.withPointer({ bind(socket, $0, length) }) == 0, Glibc.listen(socket, 16) == 0 else {
            throw ServerFailure("can't listen: error \(errno)")
        }
        _ = address.withPointer { getsockname(socket, $0, &length) }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    private static func connect(to port: Int) throws -> Int32 {
        let socket = try open()
        var address = sockaddr_in(loopback: port)
        let isConnected = address.withPointer {
            Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
        guard isConnected else { throw ServerFailure("can't connect to \(port): error \(errno)") }
        return socket
    }

    private static func open() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ServerFailure("no socket: error \(errno)") }
        return descriptor
    }
}
