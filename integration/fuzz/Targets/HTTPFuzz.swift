import BrokerCore
import Gateway
import GatewayConfig
import Glibc
import Logging
import MemoryBroker

/// A whole gateway behind a real socket. Whatever is sent, what it answers begins as an answer does, none of it is its
/// own failure, and it answers others.
final class HTTPFuzz: Sendable {
    static let shared = HTTPFuzz()

    /// How long an answer is waited for, in milliseconds: what was sent may ask for none.
    private static let patience: Int32 = 20
    /// The same where there has to be one.
    private static let longPatience: Int32 = 20_000
    private static let question = Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    /// What a connection of HTTP/2 begins with (RFC 9113 §3.4); it is answered in frames.
    private static let http2 = Array("PRI * HTTP/2.0".utf8)
    /// Every so many-th input is followed by a question that has to be answered.
    private static let questionInterval = 64

    private let port: UInt16
    private let count = Locked(0)

    private init() {
        signal(SIGPIPE, SIG_IGN)
        port = Waiting { await Self.start() }.value ?? 0
        precondition(port != 0, "the gateway does not listen")
    }

    /// It serves until the process ends.
    private static func start() async -> UInt16? {
        var config = GatewayConfig()
        config.listen.port = 0
        config.hub.shards = 1
        let (live, settings) = (LiveConfig(config), config.brokerSettings)
        let (ports, port) = AsyncStream<UInt16>.makeStream()
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        Task.detached {
            let broker = MemoryBroker(store: MemoryStore(settings: settings))
            let gateway = Gateway(live: live, broker: broker, logger: logger) { port.yield(UInt16($0)) }
            try? await gateway.run()
            port.finish()
        }
        return await ports.first { _ in true }
    }

    func run(_ input: UnsafeRawBufferPointer) {
        let answer = exchange(Array(input) + Array("\r\n\r\n".utf8) + Self.question, within: Self.patience)
        precondition(
            answer.isEmpty || input.starts(with: Self.http2) || answer.starts(with: "HTTP/1.".utf8),
            "an answer that is none")
        precondition(!answer.dropFirst(8).starts(with: " 500".utf8), "the gateway failed")
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard number.isMultiple(of: Self.questionInterval) else { return }
        let own = exchange(Self.question, within: Self.longPatience)
        precondition(own.starts(with: "HTTP/1.1 200".utf8), "it answers nobody")
    }

    /// What comes back for these bytes, until the gateway closes or is silent for so many milliseconds.
    private func exchange(_ bytes: [UInt8], within patience: Int32) -> [UInt8] {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        guard connect(connection) else { return [] }
        _ = send(connection, bytes, bytes.count, Int32(MSG_DONTWAIT))
        var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        var ready = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        while answer.count < 1 << 16, poll(&ready, 1, patience) > 0 {
            let received = recv(connection, &buffer, buffer.count, 0)
            guard received > 0 else { break }
            answer += buffer[..<received]
        }
        return answer
    }

    private func connect(_ connection: Int32) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
