import BrokerSupport
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Errors of the network, in words for people.
enum ConnectionFailure {
    static func of(_ error: any Error, endpoint: Endpoint) -> RedisError {
        if let error = error as? RedisError { return error }
        if let failure = TLSFailure.of(error, endpoint: endpoint) { return failure }
        return .unreachable(reason: "Redis at \(endpoint): \(words(error))")
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: words(errno: error.errnoCode)
        case let error as NIOConnectionError: words(error)
        case ChannelError.connectTimeout(let time): "no connection within \(Duration(time).spelled)"
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed: "the connection was closed"
        case SocketAddressError.unixDomainSocketPathTooLong: "the path is too long for a socket"
        default: "\(error)"
        }
    }

    private static func words(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return words(first.error) }
        return error.dnsAError == nil && error.dnsAAAAError == nil
            ? "no connection" : "the host's name can't be resolved"
    }

    private static func words(errno: Int32) -> String {
        let text = String(cString: strerror(errno))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
