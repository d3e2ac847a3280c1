package import BrokerCore
import Foundation

/// A real redis-server (or sentinel) on free loopback ports and a unix socket, in a temporary folder. It begins empty,
/// and writes nothing to disk unless it is told to.
package final class RedisServer: RealServer {
    /// How a server begins, and what it runs as.
    package let options: RedisServerOptions
    /// Where its files are.
    package let folder: String
    /// Where it listens without TLS.
    package let port: Int
    /// Listens only when the options say so.
    package let tlsPort: Int
    /// What it shows to clients of the TLS port, and what they may show.
    package let certificates: Certificates?
    package let process: Locked<ServerProcess?> = Locked(nil)

    /// The first way to it, as programs take it: `127.0.0.1:6379`.
    package var address: String { "127.0.0.1:\(port)" }
    /// Where it listens on a unix socket.
    package var socketPath: String { "\(folder)/redis.sock" }

    package init(_ options: RedisServerOptions) async throws {
        self.options = options
        folder = try TemporaryFolder.make("redis")
        port = LoopbackPort.free()
        tlsPort = LoopbackPort.free()
        let isEncrypted = options.tls != nil
        certificates = isEncrypted ? try await .make(in: folder, serverNames: options.certificateNames) : nil
        try configuration.joined(separator: "\n").write(toFile: configurationPath, atomically: true, encoding: .utf8)
    }

    package func restart() async throws {
        switch options.kind {
        case .server: try await launch(["redis-server", configurationPath], until: "eady to accept connections")
        case .sentinel: try await launch(["redis-sentinel", configurationPath], until: "Sentinel ID is")
        }
    }

    /// Ends it in peace, and removes its folder.
    package func stop() async {
        resume()
        await end(by: SIGTERM)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends it in peace, and leaves its files, for ``restart()``.
    package func shutDown() async { await end(by: SIGTERM) }

    /// A crash: it has no time to do anything.
    package func kill() async { await end(by: SIGKILL) }

    /// It stands still: connections stay open, and nothing comes.
    package func suspend() { signal(SIGSTOP) }

    /// Goes on after ``suspend()``.
    package func resume() { signal(SIGCONT) }

    /// What redis-cli prints for a command, without the last line end. Goes by the unix socket, as the default user.
    @discardableResult
    package func cli(_ words: String...) async throws -> String {
        let password = options.password.map { ["--no-auth-warning", "-a", $0] } ?? []
        let text = try await ServerProcess.output(of: ["redis-cli", "-s", socketPath] + password + words)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
