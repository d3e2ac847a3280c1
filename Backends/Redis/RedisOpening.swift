package import BrokerCore
package import Logging
import NIOPosix

extension RedisBroker {
    /// Connects, sees that the servers can be used, and gives them the functions.
    /// - Throws: ``RedisOpeningError``, one line that says which it is and what to do.
    package static func open(
        _ url: RedisURL, settings: BrokerSettings, logger: Logger
    ) async throws(RedisOpeningError) -> RedisBroker {
        let events = BrokerEvents()
        let topology: any Topology
        let library: Library
        do throws(RedisError) {
            (topology, library) = try await arrange(url, settings, events, logger)
            try await topology.open()
        } catch {
            throw RedisOpeningError(url: url, error: error)
        }
        return RedisBroker(topology: topology, library: library, events: events, logger: logger)
    }

    /// The servers behind the URL, and the functions for them.
    private static func arrange(
        _ url: RedisURL, _ settings: BrokerSettings, _ events: BrokerEvents, _ logger: Logger
    ) async throws(RedisError) -> (any Topology, Library) {
        let group = MultiThreadedEventLoopGroup.singleton
        var library = Library(settings: settings, prefix: url.options.prefix, sharded: false)
        func single(_ locator: any PrimaryLocator) -> any Topology {
            SingleTopology(
                locator: locator, options: url.options, library: library, group: group, logger: logger,
                events: events.send)
        }
        switch url.kind {
        case .single(let endpoint):
            return (single(FixedLocator(endpoint: endpoint)), library)
        case .sentinel(let endpoints, let master):
            let locator = SentinelLocator(sentinels: endpoints, master: master, options: url.options, group: group)
            return (single(locator), library)
        case .cluster(let endpoints):
            let discovery = try await ClusterDiscovery.find(endpoints, url.options, group)
            library = Library(settings: settings, prefix: url.options.prefix, sharded: discovery.isSharded)
            let topology = ClusterTopology(
                discovery, seeds: endpoints, options: url.options, library: library, group: group, logger: logger,
                events: events.send)
            return (topology, library)
        }
    }
}

/// Why a Redis could not be opened, in one line.
package struct RedisOpeningError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(url: RedisURL, error: RedisError) {
        description =
            switch error {
            case .unreachable(let reason): "\(url) can't be reached: \(reason)"
            case .unusable(let words): words
            case .refused(let words): "\(url) answered \(words)"
            }
    }
}
