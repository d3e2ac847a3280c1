import BrokerCore
import NIOCore
import NIOPosix

/// The primaries between which or from which channels are copied, a connection to each. They are as they were at the
/// start: while a slot moves, or a primary is replaced, copying fails, and is begun again.
final class TransferServers: Sendable {
    let library: Library
    /// How announcements go.
    let announce: String
    let primaries: [RedisConnection]
    /// The primary of each slot; `nil`: there is but one.
    private let slots: [Endpoint?]?
    private let user: String

    /// - Throws: ``RedisError``, in words for the operator.
    init(_ url: RedisURL) async throws(RedisError) {
        let group = MultiThreadedEventLoopGroup.singleton
        user = url.options.credentials?.user ?? "default"
        let endpoints: [Endpoint]
        let kind: ServerKind
        var isSharded = false
        switch url.kind {
        case .single(let endpoint): (endpoints, slots, kind) = ([endpoint], nil, .single)
        case .sentinel(let sentinels, let master):
            let locator = SentinelLocator(sentinels: sentinels, master: master, options: url.options, group: group)
            (endpoints, slots, kind) = ([try await locator.locate()], nil, .single)
        case .cluster(let seeds):
            let discovery = try await ClusterDiscovery.find(seeds, url.options, group)
            let table = SlotTable(merging: [discovery.view])
            guard table.isComplete else { throw ClusterTopology.incomplete }
            isSharded = discovery.isSharded
            (endpoints, slots, kind) = (Array(table.primaries), (0..<HashSlot.count).map(table.primary), .cluster)
        }
        announce = isSharded ? "SPUBLISH" : "PUBLISH"
        library = Library(settings: BrokerSettings(), prefix: url.options.prefix, sharded: isSharded)
        primaries = try await Self.connect(to: endpoints, url.options, kind, group)
    }

    private static func connect(
        to endpoints: [Endpoint], _ options: RedisOptions, _ kind: ServerKind, _ group: any EventLoopGroup
    ) async throws(RedisError) -> [RedisConnection] {
        var connections: [RedisConnection] = []
        do throws(RedisError) {
            for endpoint in endpoints {
                let connection = try await RedisConnection.open(endpoint, options, on: group)
                connections.append(connection)
                try await greet(connection, options, kind)
            }
            return connections
        } catch {
            for connection in connections { connection.close() }
            throw error
        }
    }

    /// Sees that the server can be used, and gives it the scripts.
    private static func greet(
        _ connection: RedisConnection, _ options: RedisOptions, _ kind: ServerKind
    ) async throws(RedisError) {
        let commands = [Command("INFO", "server"), Command("INFO", "replication")] + TransferScript.all.map(\.load)
        var replies: [Reply] = []
        for (command, answer) in zip(commands, await connection.send(commands)) {
            switch answer {
            case .success(let reply): replies.append(reply)
            case .failure(let error):
                let user = options.credentials?.user ?? "default"
                throw error.explained(command, prefix: options.prefix, user: user, at: connection.endpoint)
            }
        }
        let info = replies.prefix(2).compactMap(\.text).joined(separator: "\n")
        guard let identity = ServerIdentity(info: info) else {
            throw .unusable(
                "\(connection.endpoint) does not say what it is (INFO): Redis 6.2 or later, or Valkey, is needed")
        }
        if let problem = identity.problem(at: connection.endpoint, as: kind) { throw problem }
    }

    func close() {
        for connection in primaries { connection.close() }
    }

    /// Sends commands about one channel.
    @discardableResult
    func ask(_ commands: [Command], of channel: ChannelName) async throws(BrokerError) -> [Reply] {
        try await ask(commands, ofKey: library.key(of: channel))
    }

    /// Sends commands about one key.
    @discardableResult
    func ask(_ commands: [Command], ofKey key: String) async throws(BrokerError) -> [Reply] {
        do throws(RedisError) {
            return try await send(commands, over: connection(of: key))
        } catch {
            throw BrokerError(error)
        }
    }

    /// Sends commands, and gives their answers if none is an error.
    func send(_ commands: [Command], over connection: RedisConnection) async throws(RedisError) -> [Reply] {
        var replies: [Reply] = []
        for (command, answer) in zip(commands, await connection.send(commands)) {
            switch answer {
            case .success(let reply): replies.append(reply)
            case .failure(let error):
                throw error.explained(command, prefix: library.prefix, user: user, at: connection.endpoint)
            }
        }
        return replies
    }

    private func connection(of key: String) throws(RedisError) -> RedisConnection {
        let owner = slots.map { $0[HashSlot.of(key)] } ?? primaries.first?.endpoint
        guard let connection = primaries.first(where: { $0.endpoint == owner }) else {
            throw ClusterTopology.incomplete
        }
        return connection
    }
}

extension RedisError {
    /// What a copy's user needs to be allowed, beside the keys and the pub/sub channels of the prefix.
    static let permissionsForCopying =
        "+info +evalsha +script|load +scan +time +exists +hget +hmget +hset +pttl +pexpire +unlink +rename +publish "
        + "+zrange +zrank +zcount +zscore +zmscore +zadd"

    /// A server's error in words for the operator.
    fileprivate func explained(
        _ command: Command, prefix: String, user: String, at endpoint: Endpoint
    ) -> RedisError {
        guard case .refused(let words) = self else { return self }
        if let missing = Permission(error: words, command: command, prefix: prefix) {
            guard missing.isOfScript, missing.grant == "+evalsha" else {
                return missing.denied(to: user, at: "\(endpoint)")
            }
            return .unusable(
                "user \(user) may not run all that copying needs at \(endpoint): ACL SETUSER \(user) "
                    + Self.permissionsForCopying)
        }
        if case .unavailable(let reason) = Refusal(words) { return .unusable("\(reason) (\(endpoint))") }
        return self
    }
}
