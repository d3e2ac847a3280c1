import BrokerCore
import Foundation

/// A real PostgreSQL on a free loopback port and a unix socket, in a temporary folder: database `postgres`, superuser
/// `postgres`, who needs no password. It runs as the user postgres when the tests run as root.
final class PostgresServer: Sendable {
    struct Options: Sendable {
        /// More lines for `postgresql.conf`.
        var config: [String] = []
        /// Lines of `pg_hba.conf` that come before those that let everyone in.
        var access: [String] = []
        /// The names that the server's certificate is for, as openssl writes them; `nil`: it speaks no TLS.
        var certificateNames: String?
        /// A crash loses nothing that was committed, also when the system goes down with it.
        var isDurable = false
    }

    let options: Options
    /// Also where the unix socket is.
    let folder: String
    let port: Int
    let certificates: Certificates?
    private let process: Locked<ServerProcess?> = Locked(nil)

    /// By TCP, as superuser.
    var url: String { url() }
    /// What it has printed since it was last started.
    var log: String { process.withLock { $0 }?.output ?? "" }

    func url(user: String = "postgres", password: String? = nil, database: String = "postgres", query: String = "")
        -> String
    {
        "postgres://\(user)\(password.map { ":\($0)" } ?? "")@127.0.0.1:\(port)/\(database)\(query)"
    }

    /// Starts a server and waits until it accepts connections. The caller stops it.
    static func start(_ options: Options = Options()) async throws -> PostgresServer {
        let attempts = 20
        for _ in 1..<attempts {
            let server = try await PostgresServer(options)
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
        _ body: (PostgresServer) async throws -> Result
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
        certificates =
            if let names = options.certificateNames { try await .make(in: folder, serverNames: names) } else { nil }
        try await makeData()
    }

    /// Starts it again after a stop or a crash, on the same port and with the same data.
    func restart() async throws {
        let process = try await ServerProcess.start(Self.asUser([Self.program("postgres"), "-D", dataFolder]))
        self.process.withLock { $0 = process }
        guard await process.prints("database system is ready to accept connections") else {
            throw ServerFailure("postgres did not start: \(process.output)")
        }
    }

    /// Ends it at once, and removes its folder.
    func stop() async {
        resume()
        await end(by: SIGQUIT)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends it in peace (a "fast shutdown": every session is told), and leaves its files, for ``restart()``.
    func shutDown() async { await end(by: SIGINT) }

    /// A crash: neither it nor a session has time to do anything.
    func kill() async {
        let sessions = children
        await end(by: SIGKILL)
        for pid in sessions { Glibc.kill(pid, SIGKILL) }
        // They are not ours to wait for; until they are gone, the data can't be opened again.
        while sessions.contains(where: { Glibc.kill($0, 0) == 0 }) { try? await Task.sleep(for: .milliseconds(2)) }
    }

    /// It stands still, its sessions too: connections stay open, and nothing comes.
    func suspend() {
        process.withLock { $0 }?.signal(SIGSTOP)
        for pid in children { Glibc.kill(pid, SIGSTOP) }
    }

    func resume() {
        for pid in children { Glibc.kill(pid, SIGCONT) }
        process.withLock { $0 }?.signal(SIGCONT)
    }

    private func end(by signal: Int32) async {
        guard let process = process.withLock({ $0 }) else { return }
        process.signal(signal)
        await process.ended()
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
    func sql(_ text: String, database: String = "postgres") async throws -> String {
        let output = try await ServerProcess.output(of: [
            Self.program("psql"), "-h", folder, "-p", "\(port)", "-U", "postgres", "-d", database, "-XAtq",
            "-v", "ON_ERROR_STOP=1", "-c", text,
        ])
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }
}
