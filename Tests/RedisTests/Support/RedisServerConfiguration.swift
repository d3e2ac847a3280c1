import Foundation

extension RedisServer {
    var configurationPath: String { "\(folder)/redis.conf" }

    var configuration: [String] {
        var lines = [
            "bind 127.0.0.1", "port \(port)", "unixsocket \(socketPath)", "dir \(folder)", "daemonize no",
            "loglevel notice",
        ]
        if options.kind == .server {
            lines += ["save \"\"", "appendonly \(options.isDurable ? "yes" : "no")", "repl-diskless-sync-delay 0"]
        }
        if options.isDurable { lines.append("appendfsync always") }
        if options.isClusterNode { lines += ["cluster-enabled yes", "cluster-config-file nodes.conf"] }
        if let password = options.password { lines.append("requirepass \(password)") }
        lines += options.users.map { "user \($0)" }
        if let certificates {
            lines += [
                "tls-port \(tlsPort)", "tls-cert-file \(certificates.server)", "tls-key-file \(certificates.serverKey)",
                "tls-ca-cert-file \(certificates.authority)",
                "tls-auth-clients \(options.tls == .certifiedClients ? "yes" : "no")",
            ]
        }
        return lines + options.config + [""]
    }

    static func makeFolder() throws -> String {
        let pattern = "\(NSTemporaryDirectory())/telltale-redis-XXXXXX"
        return try pattern.withCString { text in
            guard let copy = strdup(text) else { throw ServerFailure("out of memory") }
            defer { free(copy) }
            guard mkdtemp(copy) != nil else { throw ServerFailure("can't make \(pattern)") }
            return String(cString: copy)
        }
    }

    /// A port that nothing listens on, below those which the system gives to outgoing connections, so that a server
    /// comes back on it, and with room for a cluster's bus, which is 10,000 above.
    static func freePort() -> Int {
        while true {
            let port = Int.random(in: 10_000..<22_000)
            if isFree(port) && isFree(port + 10_000) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
