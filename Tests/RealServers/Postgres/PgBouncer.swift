import Foundation

/// A pgbouncer in front of a server, in transaction mode; it lets everyone in.
package final class PgBouncer: Sendable {
    /// Where it listens.
    package let port: Int
    private let process: ServerProcess
    private let configurationPath: String

    /// By TCP, as superuser.
    package func url(database: String = "postgres") -> String { "postgres://postgres@127.0.0.1:\(port)/\(database)" }

    /// Starts it, runs `body` and stops it.
    package static func run<Result: Sendable>(
        before server: PostgresServer, isolation: isolated (any Actor)? = #isolation,
        _ body: (PgBouncer) async throws -> Result
    ) async throws -> Result {
        let bouncer = try await PgBouncer(before: server)
        defer { bouncer.process.signal(SIGKILL) }
        return try await body(bouncer)
    }

    private init(before server: PostgresServer) async throws {
        port = LoopbackPort.free()
        configurationPath = "\(server.folder)/pgbouncer-\(port).ini"
        let lines = [
            "[databases]", "* = host=127.0.0.1 port=\(server.port)", "[pgbouncer]", "listen_addr = 127.0.0.1",
            "listen_port = \(port)", "unix_socket_dir =", "auth_type = any", "pool_mode = transaction",
            "default_pool_size = 5", "max_client_conn = 100",
            "ignore_startup_parameters = extra_float_digits",
        ]
        // Whom it lets in as any, it sends on as the one user that the database's line names.
        let text = lines.joined(separator: "\n").replacingOccurrences(
            of: "port=\(server.port)", with: "port=\(server.port) user=postgres")
        try text.write(toFile: configurationPath, atomically: true, encoding: .utf8)
        chmod(configurationPath, 0o644)
        let program = ["/usr/sbin/pgbouncer", configurationPath]
        process = try await ServerProcess.start(PostgresServer.asUser(program))
        guard await process.prints("process up") else {
            throw ServerFailure("pgbouncer did not start: \(process.output)")
        }
    }
}
