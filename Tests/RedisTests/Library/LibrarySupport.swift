import BrokerCore
import RealServers

@testable import RedisBroker

/// A server with the functions on it, as a gateway uses them: how its answers read, with nothing between.
struct FunctionsUnderTest: Sendable {
    let library: Library
    let mode: Library.Mode
    let server: RedisServer
    let connection: RedisConnection

    /// Starts a server and puts the functions on it.
    static func run<Result: Sendable>(
        _ settings: BrokerSettings = BrokerSettings(), asScript: Bool = false,
        on options: RedisServerOptions = .init(),
        isolation: isolated (any Actor)? = #isolation, _ body: (FunctionsUnderTest) async throws -> Result
    ) async throws -> Result {
        try await RedisServer.run(options) { server in
            try await connect(to: server, settings, asScript: asScript, body)
        }
    }

    /// Uses a server that runs already: another one, or this one after a restart.
    static func connect<Result: Sendable>(
        to server: RedisServer, _ settings: BrokerSettings = BrokerSettings(), asScript: Bool = false,
        isolation: isolated (any Actor)? = #isolation, _ body: (FunctionsUnderTest) async throws -> Result
    ) async throws -> Result {
        try await RedisConnection.run(server.endpoint) { connection in
            let library = Library(settings: settings, prefix: "telltale:", sharded: false)
            let mode: Library.Mode = asScript ? .script : .functions
            _ = try await connection.send([library.load(in: mode)])[0].get()
            return try await body(
                FunctionsUnderTest(library: library, mode: mode, server: server, connection: connection))
        }
    }

    func answer(_ call: Call) async throws -> Reply { try await connection.send([call.command(in: mode)])[0].get() }

    func publish(_ publications: [Publication]) async throws -> [Result<Receipt, BrokerError>] {
        let reply = try await answer(library.append(publications, to: publications[0].channel))
        return try parsed(Library.receipts(reply, count: publications.count), reply)
    }

    @discardableResult
    func publish(_ channel: ChannelName, _ data: String) async throws -> Position {
        try await publish([Publication(channel: channel, data: data)])[0].get().position
    }

    func recover(
        _ channel: ChannelName, from start: Start = .earliest, limit: RecoveryLimit = .unlimited
    ) async throws -> Recovery {
        let reply = try await answer(library.recover(channel, from: start, limit: limit))
        return try parsed(Library.recovery(reply, of: channel, from: start), reply)
    }

    func status(_ channel: ChannelName) async throws -> ChannelStatus? {
        let reply = try await answer(library.inspect(channel))
        return try parsed(Library.status(reply, of: channel), reply)
    }

    func summary(_ channel: ChannelName) async throws -> ChannelSummary? {
        let reply = try await connection.send([library.summary(of: channel)])[0].get()
        return try parsed(Library.summary(reply, of: channel), reply)
    }

    func delete(_ channel: ChannelName) async throws -> Bool {
        let reply = try await answer(library.delete(channel))
        return try parsed(Library.deletion(reply), reply)
    }

    /// Makes the server lead anew, as after a failover, but without a loss.
    func leadAnew() async throws {
        let nobody = ["127.0.0.1", "1"]
        for primary in [nobody, ["NO", "ONE"]] {
            _ = try await connection.send([Command(["REPLICAOF"] + primary)])[0].get()
        }
    }

    /// Publishes as a producer of its own does: what the function answers, or the words of its error.
    func native(_ key: String, _ words: String...) async -> String {
        var command = Command("FCALL", "telltale_publish", "1", key)
        if mode == .script { command = Command("EVALSHA", library.scriptDigest, "1", key, "publish") }
        command.words += words
        switch await connection.send([command])[0] {
        case .success(let reply): return reply.text ?? "\(reply)"
        case .failure(.refused(let words)): return words
        case .failure(let error): return "\(error)"
        }
    }

    private func parsed<Value>(_ value: Value?, _ reply: Reply) throws -> Value {
        guard let value else { throw ServerFailure("can't read the answer \(reply)") }
        return value
    }
}
