package import BrokerCore
import Foundation

/// A real PostgreSQL on a free loopback port and a unix socket, in a temporary folder: database `postgres`, superuser
/// `postgres`, who needs no password. It runs as the user postgres when the tests run as root.
package final class PostgresServer: RealServer {
    /// How it begins.
    package let options: PostgresServerOptions
    /// Also where the unix socket is.
    package let folder: String
    /// Where it listens, with TLS and without.
    package let port: Int
    /// What it shows to clients that speak TLS.
    package let certificates: Certificates?
    package let process: Locked<ServerProcess?> = Locked(nil)

    /// By TCP, as superuser.
    package var url: String { url() }

    /// By TCP.
    /// - Parameter query: with its question mark.
    package func url(
        user: String = "postgres", password: String? = nil, database: String = "postgres", query: String = ""
    ) -> String {
        "postgres://\(user)\(password.map { ":\($0)" } ?? "")@127.0.0.1:\(port)/\(database)\(query)"
    }

    package init(_ options: PostgresServerOptions) async throws {
        self.options = options
        folder = try Self.makeFolder()
        port = LoopbackPort.free()
        certificates =
            if let names = options.certificateNames { try await .make(in: folder, serverNames: names) } else { nil }
        try await makeData()
    }

    package func restart() async throws {
        try await launch(
            Self.asUser([Self.program("postgres"), "-D", dataFolder]),
            until: "database system is ready to accept connections")
    }

    /// Ends it at once, and removes its folder.
    package func stop() async {
        resume()
        await end(by: SIGQUIT)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends it in peace (a "fast shutdown": every session is told), and leaves its files, for ``restart()``.
    package func shutDown() async { await end(by: SIGINT) }

    /// A crash: neither it nor a session has time to do anything.
    package func kill() async {
        let sessions = children
        await end(by: SIGKILL)
        for pid in sessions { Glibc.kill(pid, SIGKILL) }
        // They are not ours to wait for; until they are gone, the data can't be opened again.
        while sessions.contains(where: { Glibc.kill($0, 0) == 0 }) { try? await Task.sleep(for: .milliseconds(2)) }
    }

    /// It stands still, its sessions too: connections stay open, and nothing comes.
    package func suspend() {
        signal(SIGSTOP)
        for pid in children { Glibc.kill(pid, SIGSTOP) }
    }

    /// Goes on after ``suspend()``.
    package func resume() {
        for pid in children { Glibc.kill(pid, SIGCONT) }
        signal(SIGCONT)
    }

    /// The processes of its sessions and of its own work.
    private var children: [pid_t] {
        guard let process = process.withLock({ $0 }), process.isRunning else { return [] }
        let path = "/proc/\(process.pid)/task/\(process.pid)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    /// Runs statements as superuser, by the unix socket. Gives the rows' fields, separated by `|`, a line each, without
    /// the last line end.
    @discardableResult
    package func sql(_ text: String, database: String = "postgres") async throws -> String {
        let output = try await ServerProcess.output(of: [
            Self.program("psql"), "-h", folder, "-p", "\(port)", "-U", "postgres", "-d", database, "-XAtq",
            "-v", "ON_ERROR_STOP=1", "-c", text,
        ])
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }
}
