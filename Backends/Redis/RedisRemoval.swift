import BrokerCore
import NIOCore
import NIOPosix

extension RedisBroker {
    /// Keys that are looked at, and then deleted, in one step.
    private static let removalBatch = 500

    /// Removes every channel below the URL's prefix, and the functions of that prefix. No handle on it may be in use.
    /// - Throws: ``RedisOpeningError``, one line that says what stands in the way.
    package static func remove(_ url: RedisURL) async throws(RedisOpeningError) {
        let library = Library(settings: BrokerSettings(), prefix: url.options.prefix, sharded: false)
        let group = MultiThreadedEventLoopGroup.singleton
        do throws(RedisError) {
            for primary in try await primaries(of: url, group) {
                let connection = try await RedisConnection.open(primary, url.options, on: group)
                defer { connection.close() }
                try await removeKeys(of: library, over: connection)
                let answer = await connection.send([library.removal])
                if case .failure(let error) = answer[0], !library.isNoObstacle(error) { throw error }
            }
        } catch {
            throw RedisOpeningError(url: url, error: error)
        }
    }

    private static func primaries(
        of url: RedisURL, _ group: any EventLoopGroup
    ) async throws(RedisError) -> Set<Endpoint> {
        switch url.kind {
        case .single(let endpoint): return [endpoint]
        case .sentinel(let sentinels, let master):
            let locator = SentinelLocator(sentinels: sentinels, master: master, options: url.options, group: group)
            return [try await locator.locate()]
        case .cluster(let seeds):
            return SlotTable(merging: [try await ClusterDiscovery.find(seeds, url.options, group).view]).primaries
        }
    }

    private static func removeKeys(of library: Library, over connection: RedisConnection) async throws(RedisError) {
        var cursor = "0"
        repeat {
            let scan = Command("SCAN", cursor, "MATCH", library.keyPattern, "COUNT", "\(removalBatch)")
            let words = try await connection.send([scan])[0].get().array ?? []
            guard words.count == 2, let next = words[0].text, let keys = words[1].array?.compactMap(\.text) else {
                throw .unreachable(reason: "the server answered SCAN with something else")
            }
            cursor = next
            for answer in await connection.send(keys.map { Command("UNLINK", $0) }) { _ = try answer.get() }
        } while cursor != "0"
    }
}

extension Library {
    /// Takes the functions from a server.
    fileprivate var removal: Command { Command("FUNCTION", "DELETE", name) }

    /// They were never there, or the server, a Redis 6.2, knows no functions and forgets scripts by itself.
    fileprivate func isNoObstacle(_ error: RedisError) -> Bool {
        guard case .refused(let words) = error else { return false }
        return words.contains("Library not found") || words.contains("unknown command")
    }
}
