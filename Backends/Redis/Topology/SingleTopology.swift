import BrokerCore
import Logging
import NIOCore

/// One primary for everything: a server by itself, or the one that sentinels name.
final class SingleTopology: Topology {
    private let locator: any PrimaryLocator
    private let commands: CommandLink
    private let subscriber: SubscriberLink
    private let options: RedisOptions
    private let logger: Logger

    init(
        locator: any PrimaryLocator, options: RedisOptions, library: Library, group: any EventLoopGroup, logger: Logger,
        events: @escaping SubscriberLink.Sink
    ) {
        let commands = CommandLink(
            locator: locator, options: options, library: library, kind: .single, group: group, logger: logger)
        self.locator = locator
        self.options = options
        self.logger = logger
        self.commands = commands
        subscriber = SubscriberLink(
            locator: locator, options: options, library: library, mode: .plain, group: group, logger: logger,
            publish: { await commands.send([$0])[0] }, events: events)
    }

    func open() async throws(RedisError) {
        try await commands.open()
        try await subscriber.open()
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.commands.run() }
            group.addTask { await self.subscriber.run() }
            if !(locator is FixedLocator) { group.addTask { await self.watch() } }
        }
    }

    /// Leaves a primary that was replaced and still answers, as one does that is cut off from the sentinels and not
    /// from us.
    private func watch() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.canaryInterval)
            guard !Task.isCancelled, let primary = try? await locator.locate() else { continue }
            let reason = "the sentinels name another primary: \(primary)"
            if let left = try? commands.server.get().endpoint, left != primary {
                logger.notice("Redis: \(reason)", metadata: ["left": "\(left)"])
                commands.relocate(reason)
            }
            if let left = subscriber.endpoint, left != primary { subscriber.relocate(reason) }
        }
    }

    func send(_ call: Call, completion: @escaping @Sendable (Result<Reply, RedisError>) -> Void) {
        commands.send([call]) { completion($0[0]) }
    }

    func primaries() throws(RedisError) -> [CommandLink] { [commands] }

    func attach(_ channels: [ChannelName]) async { await subscriber.attach(channels) }

    func detach(_ channels: [ChannelName]) async { subscriber.detach(channels) }

    func ping() async throws(BrokerError) {
        if case .failure(let error) = await subscriber.ping() { throw BrokerError(error) }
    }
}

extension SubscriberLink {
    /// The server that announcements come from; `nil` while the link is down.
    var endpoint: Endpoint? { state.withLock { $0.connection?.endpoint } }
}
