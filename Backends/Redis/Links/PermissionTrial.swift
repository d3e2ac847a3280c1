import BrokerCore

/// Tries everything that publishing, reading, listing and tasks need, on a key of its own that then is gone again.
struct PermissionTrial {
    let session: CommandSession
    let library: Library
    let user: String

    /// - Throws: ``RedisError/unusable(_:)`` with the first permission that is missing. Other errors are left to those
    ///   who meet them.
    func run() async throws(RedisError) {
        guard let channel = try? ChannelName("probe-\(Epoch.random())") else { return }
        let key = library.key(of: channel)
        let publication = Publication(channel: channel, data: "")
        let tasks = TaskCalls(library: library, key: key)
        let calls = [
            library.append([publication], to: channel), library.inspect(channel), library.delete(channel),
            tasks.record([TaskEntry(channel: channel, state: "queued", due: .zero)]), tasks.list(TaskEntryQuery()),
            tasks.claim(limit: 1, for: .zero), tasks.remove([channel]),
        ]
        let commands = session.commands(calls, asking: false)
        let others = [
            Command("SCAN", "0", "MATCH", key, "COUNT", "1"), Command("UNLINK", key), Command("PUBLISH", key, ""),
        ]
        guard let missing = await missing(commands + others) else { return }
        // Redis 7.0 and earlier do not say which command it was that a function may not run: try each by itself.
        let named = missing.isOfScript ? await self.missing(commandsInside(key)) : missing
        throw (named ?? missing).denied(to: user, at: "\(session.endpoint)")
    }

    private func missing(_ commands: [Command]) async -> Permission? {
        for (command, answer) in zip(commands, await session.connection.send(commands)) {
            guard case .failure(.refused(let error)) = answer,
                let missing = Permission(error: error, command: command, prefix: library.prefix)
            else { continue }
            return missing
        }
        return nil
    }

    /// What the functions run. Afterwards the key is gone again.
    private func commandsInside(_ key: String) -> [Command] {
        let isSharded = session.identity.mode == "cluster" && session.mode == .functions
        return [
            Command("INFO", "replication"), Command("TIME"), Command("ZADD", key, "0", "e"),
            Command("ZRANGE", key, "0", "0"), Command("ZCOUNT", key, "0", "0"), Command("ZMSCORE", key, "e"),
            Command("ZREM", key, "e"), Command("EXISTS", key), Command("HSET", key, "e", "0"),
            Command("HGET", key, "e"), Command("HMGET", key, "e"), Command("HDEL", key, "e"),
            Command("PEXPIRE", key, "1"), Command("UNLINK", key), Command(isSharded ? "SPUBLISH" : "PUBLISH", key, ""),
        ]
    }
}
