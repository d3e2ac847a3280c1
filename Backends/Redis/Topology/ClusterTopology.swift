import BrokerCore
import Logging
import NIOCore

/// A cluster: each channel is on the primary that has its slot, and its announcements come from there.
///
/// What the nodes say of the cluster is asked for every few seconds, and at once when a redirection, a broken
/// connection or a channel that was handed back shows that it has changed; never more often than ``shortestRefresh``.
/// Channels whose slot has moved are attached on their new node, and only theirs is the interruption.
///
/// While a slot moves, the channels whose keys have arrived are announced on the new node, which can't be listened to
/// in peace before the slot is its own. Until then they are said to be interrupted and restored again and again, so
/// that readers look in the log.
final class ClusterTopology: Topology {
    /// The time between two refreshes, at least.
    static let shortestRefresh = Duration.milliseconds(250)
    /// The time between two refreshes while a slot moves or a node is down.
    static let busyRefresh = Duration.milliseconds(500)

    let state = Locked(ClusterState())
    let options: RedisOptions
    let group: any EventLoopGroup
    let logger: Logger
    let events: SubscriberLink.Sink
    let isSharded: Bool
    private let discovery: ClusterDiscovery
    private let seeds: [Endpoint]
    private let library: Library
    private let refreshes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - discovery: what the seeds have told.
    ///   - library: made for what they have told (``ClusterDiscovery/isSharded``).
    init(
        _ discovery: ClusterDiscovery, seeds: [Endpoint], options: RedisOptions, library: Library,
        group: any EventLoopGroup, logger: Logger, events: @escaping SubscriberLink.Sink
    ) {
        (self.discovery, self.seeds, self.library) = (discovery, seeds, library)
        (self.options, self.group, self.logger, self.events) = (options, group, logger, events)
        isSharded = discovery.isSharded
    }

    /// Connects to every primary. One that can't be reached is waited for later, as long as there is another.
    func open() async throws(RedisError) {
        let change = state.withLock { $0.adopt([discovery.view], makeNode) }
        var failure: RedisError?
        var opened = 0
        for node in change?.started ?? [] {
            do {
                try await node.open()
                opened += 1
            } catch .unreachable(let reason) {
                logger.warning("Redis: a node of the cluster can't be reached", metadata: ["reason": "\(reason)"])
                failure = .unreachable(reason: reason)
            }
        }
        if let failure, opened == 0 { throw failure }
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            for node in state.withLock({ Array($0.nodes.values) }) { group.addTask { await node.run() } }
            group.addTask { await self.tick() }
            for await _ in refreshes.stream {
                await refresh(&group)
                try? await Task.sleep(for: Self.shortestRefresh)
            }
        }
    }

    func makeNode(_ endpoint: Endpoint) -> ClusterNode {
        ClusterNode(
            endpoint, options: options, library: library, isSharded: isSharded, group: group, logger: logger,
            events: { [weak self] in self?.tell($0, from: endpoint) },
            handBack: { [weak self] channels, _ in
                guard let self else { return }
                let detached = state.withLock { $0.placement.handedBack(channels, by: endpoint) }
                // Their loss has been told, and nobody will attach them elsewhere.
                if !detached.isEmpty { events([.continuityRestored(.channels(detached))]) }
                requestRefresh()
            })
    }

    func primaries() throws(RedisError) -> [CommandLink] {
        let (nodes, isComplete) = state.withLock { state in
            (state.table.primaries.compactMap { state.nodes[$0] }, state.table.isComplete)
        }
        guard isComplete else { throw Self.incomplete }
        return nodes.map(\.commands)
    }

    static let incomplete = RedisError.unreachable(reason: "some slots of the Redis cluster are served by no node")
}

// MARK: Refreshing

extension ClusterTopology {
    /// Soon; many requests are one.
    func requestRefresh() { refreshes.continuation.yield() }

    private func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.canaryInterval)
            requestRefresh()
        }
    }

    private func refresh(_ group: inout DiscardingTaskGroup) async {
        let views = await views()
        guard let change = state.withLock({ $0.adopt(views, makeNode) }) else { return refreshLater() }
        for node in change.started {
            logger.notice("Redis: another primary in the cluster", metadata: ["node": "\(node.endpoint)"])
            group.addTask { await node.run() }
        }
        for move in change.moves { leave(move, change) }
        for node in change.stopped {
            logger.notice("Redis: a node is no primary of the cluster any more", metadata: ["node": "\(node.endpoint)"])
            node.stop()
        }
        for move in change.moves { group.addTask { await self.arrive(move) } }
        let (isBusy, moving) = state.withLock { state in
            let isBusy = !state.moving.isEmpty || !state.placement.isSettled || state.nodes.values.contains { !$0.isUp }
            return (isBusy, state.placement.channels(in: state.moving))
        }
        for (node, channels) in moving { nudge(channels, at: node) }
        if isBusy { refreshLater() }
    }

    private func refreshLater() {
        group.any().scheduleTask(in: TimeAmount(Self.busyRefresh)) { [weak self] in self?.requestRefresh() }
    }

    /// What the nodes say that can be asked now. If there are none, anybody of the cluster is.
    private func views() async -> [ClusterView] {
        let (nodes, others) = state.withLock { (Array($0.nodes.values), Array($0.nodes.keys) + Array($0.replicas)) }
        let views = await withTaskGroup { group in
            for node in nodes where node.isUp { group.addTask { await node.view() } }
            var views: [ClusterView] = []
            for await view in group { if let view { views.append(view) } }
            return views
        }
        if !views.isEmpty { return views }
        let anybody = try? await ClusterDiscovery.find(others + seeds, options, group)
        return anybody.map { [$0.view] } ?? []
    }
}

extension ClusterNode {
    /// What this node says of the cluster; `nil` when it does not say.
    func view() async -> ClusterView? {
        let answers = await commands.send(ClusterView.commands)
        guard case .success(let slots)? = answers.first else { return nil }
        return ClusterView(slots: slots, nodes: try? answers.last?.get(), from: endpoint)
    }
}
