import Foundation

extension PostgresServer {
    var dataFolder: String { "\(folder)/data" }

    /// A program of the newest PostgreSQL that is installed.
    static func program(_ name: String) -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        guard let newest = versions.compactMap(Int.init).max() else { return name }
        return "\(root)/\(newest)/bin/\(name)"
    }

    /// PostgreSQL refuses to be run by root.
    static func asUser(_ words: [String]) -> [String] {
        guard geteuid() == 0 else { return words }
        return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--pdeathsig", "KILL"]
            + words
    }

    /// A folder that the server's user owns.
    static func makeFolder() throws -> String {
        let folder = try TemporaryFolder.make("postgres")
        try give(folder)
        return folder
    }

    /// Writes the files of a new server.
    func makeData() async throws {
        _ = try await ServerProcess.output(of: ["cp", "-a", try await Self.template.value, dataFolder])
        try configuration.joined(separator: "\n").appendLine(to: "\(dataFolder)/postgresql.conf")
        try (options.access + Self.openAccess).joined(separator: "\n").appendLine(to: "\(dataFolder)/pg_hba.conf")
        guard let certificates else { return }
        for file in [certificates.authority, certificates.server, certificates.serverKey] { try Self.give(file) }
        chmod(certificates.serverKey, 0o600)
    }

    /// An empty server, which every other begins as a copy of; it goes when the tests end.
    private static let template = Task {
        let folder = try makeFolder()
        TemplateRemoval.arrange(for: folder)
        _ = try await ServerProcess.output(
            of: asUser([
                program("initdb"), "-D", "\(folder)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1",
            ]))
        try "".write(toFile: "\(folder)/data/pg_hba.conf", atomically: false, encoding: .utf8)
        return "\(folder)/data"
    }

    private static let openAccess = ["local all all trust", "host all,replication all 127.0.0.1/32 trust"]

    private var configuration: [String] {
        var lines = [
            "port = \(port)", "listen_addresses = '127.0.0.1'", "unix_socket_directories = '\(folder)'",
            "shared_buffers = 16MB", "max_wal_size = 64MB", "lc_messages = 'C'",
        ]
        if !options.isDurable { lines += ["fsync = off", "full_page_writes = off"] }
        if let certificates {
            lines += [
                "ssl = on", "ssl_cert_file = '\(certificates.server)'", "ssl_key_file = '\(certificates.serverKey)'",
                "ssl_ca_file = '\(certificates.authority)'",
            ]
        }
        return lines + options.config
    }

    private static func give(_ path: String) throws {
        guard geteuid() == 0 else { return }
        guard let user = getpwnam("postgres") else { throw ServerFailure("there is no user postgres") }
        chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }
}

/// Removes the template's folder when the process of the tests ends.
private enum TemplateRemoval {
    // Written once, before it is arranged that it is read.
    nonisolated(unsafe) private static var folder = ""

    static func arrange(for folder: String) {
        self.folder = folder
        atexit { try? FileManager.default.removeItem(atPath: TemplateRemoval.folder) }
    }
}

extension String {
    fileprivate func appendLine(to path: String) throws {
        guard let file = FileHandle(forWritingAtPath: path) else { throw ServerFailure("can't write \(path)") }
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data("\(self)\n".utf8))
    }
}
