package import BrokerCore

/// The channels below one prefix of a Redis, as `telltale copy` reads and writes them. It loads no functions, so those of
/// gateways in use, and their settings, stay as they are.
package final class RedisChannelStore: ChannelStore {
    /// Channels that are listed together: each page is a walk over all keys.
    private static let listed = 10_000

    private let servers: TransferServers

    private init(servers: TransferServers) { self.servers = servers }

    /// Connects, and sees that channels can be read, and written if they are to be.
    /// - Throws: ``RedisOpeningError``, one line that says which it is and what to do.
    package static func open(
        _ url: RedisURL, forWriting isTarget: Bool
    ) async throws(RedisOpeningError) -> RedisChannelStore {
        do throws(RedisError) {
            let store = RedisChannelStore(servers: try await TransferServers(url))
            do throws(BrokerError) {
                try await store.tryPermissions(forWriting: isTarget)
            } catch {
                store.servers.close()
                throw error.asRedisError
            }
            return store
        } catch {
            throw RedisOpeningError(url: url, error: error)
        }
    }

    package func close() async { servers.close() }

    package func channels(after name: ChannelName?) async throws(BrokerError) -> [ChannelSummary] {
        let query = ChannelQuery(after: name, limit: Self.listed)
        do throws(RedisError) {
            return try await Listing(query: query, library: servers.library).run(over: servers.primaries)
        } catch {
            throw BrokerError(error)
        }
    }

    package func export(
        _ channel: ChannelName, from place: TransferPlace, bytes: Int
    ) async throws(BrokerError) -> TransferPage? {
        let command = servers.library.export(channel, from: place, bytes: bytes)
        guard let page = Library.page(try await servers.ask([command], of: channel)[0], of: channel) else {
            throw .unavailable(reason: "the key of channel \(channel) does not hold what Telltale writes")
        }
        return page
    }

    package func restoration(of channel: ChannelName) async throws(BrokerError) -> any ChannelRestoration {
        RedisRestoration(channel: channel, servers: servers)
    }

    package func tasks(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord] {
        try await registry(servers.library.registryKey).page(after: record)
    }

    package func restore(_ tasks: [TaskRecord]) async throws(BrokerError) {
        try await registry(servers.library.registryKey).restore(tasks)
    }

    private func registry(_ key: String) -> RegistryCopying { RegistryCopying(servers: servers, key: key) }

    /// Does once all that copying does, on a channel of its own that then is gone again.
    private func tryPermissions(forWriting isTarget: Bool) async throws(BrokerError) {
        guard let channel = try? ChannelName("probe-\(Epoch.random())") else { return }
        let key = servers.library.key(of: channel)
        try await servers.ask(
            [Command("SCAN", "0", "MATCH", key, "COUNT", "1"), Command("HMGET", key, "e")], of: channel)
        _ = try await export(channel, from: .start, bytes: 0)
        let record = TaskRecord(entry: TaskEntry(channel: channel, state: "probe", due: .zero), created: 0)
        _ = try await tasks(after: record)
        guard isTarget else { return }
        let head = ChannelHead(
            channel: channel, epoch: .random(), top: 1, trimmed: 0, closed: false, fence: nil, predecessors: [],
            copied: nil, life: .seconds(1), newest: nil)
        let message = Message(
            channel: channel, epoch: head.epoch, offset: 1, event: .message, data: "", format: .text, time: 0,
            retain: nil)
        let restoration = try await restoration(of: channel)
        try await restoration.add([.logged(Announcement(message: message, conflated: false, closes: false))])
        _ = try await restoration.commit(head, replacing: nil)
        _ = try await export(channel, from: .end, bytes: 0)
        // A key beside the channel's, of its slot.
        let registry = registry(servers.library.stagingKey(of: channel, token: head.epoch))
        try await registry.restore([record])
        _ = try await registry.page(after: record)
        try await servers.ask([Command("UNLINK", key, registry.key)], of: channel)
    }
}

extension BrokerError {
    fileprivate var asRedisError: RedisError {
        if case .unavailable(let reason) = self { .unusable(reason) } else { .unusable(code) }
    }
}
