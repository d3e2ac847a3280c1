/// A connection to a primary that can be used: the server is of the right kind, and has the functions.
struct CommandSession: Sendable {
    let connection: RedisConnection
    let endpoint: Endpoint
    let identity: ServerIdentity

    var mode: Library.Mode { identity.libraryMode }

    /// What goes to the server for the calls. With `asking`, as an importing node of a cluster wants it after an ASK.
    func commands(_ calls: [Call], asking: Bool) -> [Command] {
        guard asking else { return calls.map { $0.command(in: mode) } }
        return calls.flatMap { [Command("ASKING"), $0.command(in: mode)] }
    }
}

/// Makes sessions.
struct CommandHandshake: Sendable {
    let options: RedisOptions
    let library: Library
    let kind: ServerKind

    /// As whom we are logged in.
    var user: String { options.credentials?.user ?? "default" }

    /// Asks who the server is, and sees to it that it has the functions.
    /// - Returns: the session, and whether the functions were there with other settings, which are replaced now.
    func greet(
        _ connection: RedisConnection, at endpoint: Endpoint
    ) async throws(RedisError) -> (session: CommandSession, replacedOthers: Bool) {
        let identity = try await identity(connection, at: endpoint)
        if let problem = identity.problem(at: endpoint, as: kind) { throw problem }
        let session = CommandSession(connection: connection, endpoint: endpoint, identity: identity)
        switch await answer(connection, library.version(in: session.mode)) {
        case .success(let reply) where reply.text == library.digest: return (session, false)
        case .failure(.refused(let error)) where Library.isMissing(error):
            try await load(session)
            return (session, false)
        case .failure(let error): throw judged(error, library.version(in: session.mode), at: endpoint)
        case .success:
            try await load(session)
            return (session, true)
        }
    }

    /// An error of the handshake as the operator should read it.
    func judged(_ error: RedisError, _ command: Command, at endpoint: Endpoint) -> RedisError {
        guard case .refused(let words) = error else { return error }
        if let missing = Permission(error: words, command: command, prefix: library.prefix) {
            return missing.denied(to: user, at: "\(endpoint)")
        }
        if case .unavailable(let reason) = Refusal(words) { return .unreachable(reason: "\(reason) (\(endpoint))") }
        return .unusable("\(endpoint) refuses \(command.words[0]): \(words)")
    }

    private func identity(
        _ connection: RedisConnection, at endpoint: Endpoint
    ) async throws(RedisError) -> ServerIdentity {
        let commands = [Command("INFO", "server"), Command("INFO", "replication")]
        var info = ""
        for (command, answer) in zip(commands, await connection.send(commands)) {
            switch answer {
            case .success(let reply): info += (reply.text ?? "") + "\n"
            case .failure(let error): throw judged(error, command, at: endpoint)
            }
        }
        guard let identity = ServerIdentity(info: info) else {
            throw .unusable("\(endpoint) does not say what it is (INFO): Redis 6.2 or later, or Valkey, is needed")
        }
        return identity
    }

    private func load(_ session: CommandSession) async throws(RedisError) {
        let load = library.load(in: session.mode)
        if case .failure(let error) = await answer(session.connection, load) {
            throw judged(error, load, at: session.endpoint)
        }
    }

    private func answer(_ connection: RedisConnection, _ command: Command) async -> Result<Reply, RedisError> {
        await connection.send([command]).first ?? .failure(.unreachable(reason: "no answer"))
    }
}
