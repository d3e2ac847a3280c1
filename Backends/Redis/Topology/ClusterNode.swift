import BrokerCore
import Logging
import NIOCore

/// The links to one primary of a cluster: one for commands, one for announcements.
final class ClusterNode: Sendable {
    let endpoint: Endpoint
    let commands: CommandLink
    let subscriber: SubscriberLink
    private let stopping = AsyncStream.makeStream(of: Never.self)

    init(
        _ endpoint: Endpoint, options: RedisOptions, library: Library, isSharded: Bool, group: any EventLoopGroup,
        logger: Logger, events: @escaping SubscriberLink.Sink, handBack: @escaping SubscriberLink.HandBack
    ) {
        var logger = logger
        logger[metadataKey: "node"] = "\(endpoint)"
        let locator = FixedLocator(endpoint: endpoint)
        let commands = CommandLink(
            locator: locator, options: options, library: library, kind: .cluster, group: group, logger: logger)
        self.endpoint = endpoint
        self.commands = commands
        subscriber = SubscriberLink(
            locator: locator, options: options, library: library, mode: isSharded ? .sharded : .plain, group: group,
            logger: logger, publish: { await commands.send([$0])[0] }, events: events, handBack: handBack)
    }

    var isUp: Bool {
        if case .success = commands.server { true } else { false }
    }

    func open() async throws(RedisError) {
        try await commands.open()
        try await subscriber.open()
    }

    /// Keeps the links up until ``stop()``, or until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await self.commands.run() }
            group.addTask { await self.subscriber.run() }
            group.addTask { for await _ in self.stopping.stream {} }
            await group.next()
            group.cancelAll()
        }
    }

    /// The node is of no more use; for good.
    func stop() { stopping.continuation.finish() }
}
