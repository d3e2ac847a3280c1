import BrokerCore
import NIOCore

extension SubscriberLink {
    /// Connects, subscribes the canary's channel, and then everything that is wanted.
    func connect() async throws(RedisError) -> RedisConnection {
        let generation = state.withLock { state in
            state.generation += 1
            return state.generation
        }
        do throws(RedisError) {
            let endpoint = try await locator.locate()
            let connection = try await RedisConnection.open(endpoint, options, on: group) { [weak self] replies in
                self?.received(replies, generation)
            }
            try await prepare(connection, generation)
            return connection
        } catch {
            state.withLock { $0.reason = error }
            throw error
        }
    }

    private func prepare(_ connection: RedisConnection, _ generation: Int) async throws(RedisError) {
        do throws(RedisError) {
            try await checkRole(connection, at: connection.endpoint)
            try await greet(connection, generation, at: connection.endpoint)
            try install(connection, generation)
        } catch {
            connection.close()
            throw error
        }
    }

    /// A replica announces what its primary sends it, and nothing while it is cut off from it: it will not do.
    private func checkRole(_ connection: RedisConnection, at endpoint: Endpoint) async throws(RedisError) {
        let command = Command("INFO", "replication")
        switch await connection.send([command]).first {
        case .success(let reply)? where reply.text?.contains("role:slave") == true:
            throw .unusable("\(endpoint) is a replica, which may miss announcements: name its primary")
        case .failure(.refused(let words))?: throw refused(words, command, at: endpoint)
        case .failure(let error)?: throw error
        case .success?, nil: break
        }
    }

    private func greet(
        _ connection: RedisConnection, _ generation: Int, at endpoint: Endpoint
    ) async throws(RedisError) {
        let loop = group.any()
        let greeting = loop.makePromise(of: Void.self)
        state.withLock { $0.greeting = greeting }
        connection.closed.whenSuccess { self.drop(generation, $0) }
        let timeout = loop.scheduleTask(in: TimeAmount(options.commandTimeout)) {
            self.drop(generation, .unreachable(reason: "\(endpoint) does not answer SUBSCRIBE"))
        }
        defer { timeout.cancel() }
        let subscribe = Command("SUBSCRIBE", canaryChannel)
        connection.write([subscribe] + trial + [Command("PING")])
        do {
            try await greeting.futureResult.get()
        } catch RedisError.refused(let words) {
            state.withLock { $0.greeting = nil }
            throw refused(words, subscribe, at: endpoint)
        } catch {
            throw error as? RedisError ?? .unreachable(reason: "\(error)")
        }
    }

    /// The other commands that are needed, to see that they are allowed.
    private var trial: [Command] {
        let unsubscribe = Command("UNSUBSCRIBE", "\(canaryChannel):none")
        if mode == .plain { return [unsubscribe] }
        return [unsubscribe, Command("SSUBSCRIBE", canaryChannel), Command("SUNSUBSCRIBE", canaryChannel)]
    }

    /// The connection is the link's now, unless it has ended meanwhile.
    private func install(_ connection: RedisConnection, _ generation: Int) throws(RedisError) {
        var reason: RedisError?
        change { state in
            guard state.generation == generation else {
                reason = state.reason
                return SubscriptionTable.Effects()
            }
            state.greeting = nil
            state.connection = connection
            return state.table.connected()
        }
        if let reason { throw reason }
    }

    /// Sends what is to be sent, in order, whichever thread it came from.
    func flush() {
        while let (connection, commands) = takeOutbox() {
            connection.write(commands.map(command))
            state.withLock { $0.isFlushing = false }
        }
    }

    private func takeOutbox() -> (RedisConnection, [SubscriptionCommand])? {
        state.withLock { state in
            guard !state.isFlushing, !state.outbox.isEmpty, let connection = state.connection else { return nil }
            state.isFlushing = true
            defer { state.outbox = [] }
            return (connection, state.outbox)
        }
    }

    private func command(_ command: SubscriptionCommand) -> Command {
        let verb = command.kind == .subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE"
        return Command([mode == .plain ? verb : "S\(verb)"] + command.channels.map(library.key))
    }

    /// A server's refusal as the operator should read it.
    func refused(
        _ words: String, _ command: Command = Command("SUBSCRIBE"), at endpoint: Endpoint? = nil
    ) -> RedisError {
        let place = endpoint?.description ?? "Redis"
        if let missing = Permission(error: words, command: command, prefix: library.prefix) {
            return missing.denied(to: options.credentials?.user ?? "default", at: place)
        }
        if case .unavailable(let reason) = Refusal(words) { return .unreachable(reason: "\(reason) (\(place))") }
        return .unusable("\(place) refuses \(command.words[0]): \(words)")
    }
}
