import BrokerCore
import Foundation

/// Ports for servers on loopback.
package enum LoopbackPort {
    /// How far above its port a Redis Cluster's node has its bus.
    private static let busDistance = 10_000

    /// What has been given away: it stays so, as the server may be down for a moment when another looks.
    private static let given = Locked(Set<Int>())

    /// A port that nothing listens on, and that no one else in this process was given. It is below those which the
    /// system gives to outgoing connections, so that a server comes back on it, and has room for a cluster's bus.
    package static func free() -> Int {
        while true {
            let port = Int.random(in: 10_000..<22_000)
            let isNew = given.withLock { given in
                guard !given.contains(port), !given.contains(port + busDistance) else { return false }
                given.formUnion([port, port + busDistance])
                return true
            }
            if isNew && isFree(port) && isFree(port + busDistance) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in(loopback: port)
        return address.withPointer { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } == 0
    }
}

extension sockaddr_in {
    /// 127.0.0.1. Port 0: the system chooses.
    init(loopback port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(port).bigEndian
        sin_addr.s_addr = inet_addr("127.0.0.1")
    }

    /// As the system's calls take it.
    mutating func withPointer<Result>(_ body: (UnsafeMutablePointer<sockaddr>) -> Result) -> Result {
        withUnsafeMutablePointer(to: &self) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
