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
}
