import BrokerCore
import Foundation
import Testing

@testable import RedisBroker

/// A real redis-server (or sentinel) on free loopback ports and a unix socket, in a temporary folder. It begins empty,
/// and writes nothing to disk unless it is told to.
final class RedisServer: Sendable {
    struct Options: Sendable {
        enum TLS: Sendable {
            case anyClient
            /// A client without a certificate of the authority is refused.
            case certifiedClients
        }

        enum Kind: Sendable { case server, sentinel }

        var kind = Kind.server
        /// More lines for the configuration file.
        var config: [String] = []
        /// A second port, for TLS.
        var tls: TLS?
        /// Whom the server's certificate is for, as openssl writes it.
        var certificateNames = "IP:127.0.0.1,DNS:localhost"
        /// Users as `ACL SETUSER` takes them: `worker on >secret ~* &* +@all`.
        var users: [String] = []
        /// The default user's password.
        var password: String?
        /// Every write is in a file before it is answered, so that a restart brings all back.
        var isDurable = false
        /// A node of a cluster; its bus takes another port.
        var isClusterNode = false
    }

    let options: Options
    let folder: String
    let port: Int
    /// Listens only when the options say so.
    let tlsPort: Int
    let certificates: Certificates?
    private let process: Locked<ServerProcess?> = Locked(nil)

    var endpoint: Endpoint { .host("127.0.0.1", port: port) }
    var tlsEndpoint: Endpoint { .host("127.0.0.1", port: tlsPort) }
    var unixEndpoint: Endpoint { .unix(socketPath) }
    var socketPath: String { "\(folder)/redis.sock" }
    /// What it has printed since it was last started.
    var log: String { process.withLock { $0 }?.output ?? "" }

    /// Starts a server and waits until it accepts connections. The caller stops it.
    static func start(_ options: Options = Options()) async throws -> RedisServer {
        let attempts = 20
        for _ in 1..<attempts {
            let server = try await RedisServer(options)
            do {
                try await server.restart()
                return server
            } catch let failure as ServerFailure {
                await server.stop()
                guard failure.description.contains("Address already in use") else { throw failure }
            }
        }
        throw ServerFailure("found no free port in \(attempts) attempts")
    }

    /// Starts a server, runs `body` and stops the server, whichever way `body` ends.
    static func run<Result: Sendable>(
        _ options: Options = Options(), isolation: isolated (any Actor)? = #isolation,
        _ body: (RedisServer) async throws -> Result
    ) async throws -> Result {
        let server = try await start(options)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    private init(_ options: Options) async throws {
        self.options = options
        folder = try Self.makeFolder()
        port = Self.freePort()
        tlsPort = Self.freePort()
        let isEncrypted = options.tls != nil
        certificates = isEncrypted ? try await .make(in: folder, serverNames: options.certificateNames) : nil
        try configuration.joined(separator: "\n").write(toFile: configurationPath, atomically: true, encoding: .utf8)
    }

    /// Starts it again after a stop or a crash, on the same ports and in the same folder.
    func restart() async throws {
        let program = options.kind == .server ? "redis-server" : "redis-sentinel"
        let process = try await ServerProcess.start([program, configurationPath])
        self.process.withLock { $0 = process }
        let ready = options.kind == .server ? "eady to accept connections" : "Sentinel ID is"
        guard await process.prints(ready) else {
            throw ServerFailure("\(program) did not start: \(process.output)")
        }
    }

    /// Ends it in peace, and removes its folder.
    func stop() async {
        process.withLock { $0 }?.signal(SIGCONT)
        await end(by: SIGTERM)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends it in peace, and leaves its files, for `restart`.
    func shutDown() async { await end(by: SIGTERM) }

    /// A crash: it has no time to do anything.
    func kill() async { await end(by: SIGKILL) }

    /// It stands still: connections stay open, and nothing comes.
    func suspend() { process.withLock { $0 }?.signal(SIGSTOP) }

    func resume() { process.withLock { $0 }?.signal(SIGCONT) }

    private func end(by signal: Int32) async {
        guard let process = process.withLock({ $0 }) else { return }
        process.signal(signal)
        await process.ended()
    }

    /// What redis-cli prints for a command, without the last line end. Goes by the unix socket, as the default user.
    @discardableResult
    func cli(_ words: String...) async throws -> String {
        let password = options.password.map { ["--no-auth-warning", "-a", $0] } ?? []
        let text = try await ServerProcess.output(of: ["redis-cli", "-s", socketPath] + password + words)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
