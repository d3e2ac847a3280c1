import BrokerCore

extension ClusterTopology {
    func attach(_ channels: [ChannelName]) async {
        let places = state.withLock { state in
            state.placement.attach(channels, by: state.table).map { home, channels in
                (node: home.flatMap { state.nodes[$0] }, channels: channels)
            }
        }
        await withDiscardingTaskGroup { group in
            for (node, channels) in places {
                if let node {
                    group.addTask { await self.attach(channels, at: node) { await node.subscriber.attach(channels) } }
                } else {
                    events([.continuityLost(.channels(channels))])
                    requestRefresh()
                }
            }
        }
    }

    func detach(_ channels: [ChannelName]) async {
        let places = state.withLock { state in
            state.placement.detach(channels).map { home, channels in
                (node: home.flatMap { state.nodes[$0] }, channels: channels)
            }
        }
        for (node, channels) in places {
            if let node { node.subscriber.detach(channels) } else { events([.continuityRestored(.channels(channels))]) }
        }
    }

    func ping() async throws(BrokerError) {
        let (nodes, isComplete) = state.withLock { state in
            (state.table.primaries.compactMap { state.nodes[$0] }, state.table.isComplete)
        }
        guard isComplete else { throw BrokerError(Self.incomplete) }
        let failure = await withTaskGroup { group in
            for node in nodes { group.addTask { await node.subscriber.ping() } }
            var failure: RedisError?
            for await case .failure(let error) in group { failure = failure ?? error }
            return failure
        }
        if let failure { throw BrokerError(failure) }
    }

    /// Attaches channels at a node, and takes back those that were moved or detached meanwhile.
    private func attach(_ channels: [ChannelName], at node: ClusterNode, _ body: () async -> Void) async {
        await body()
        let strays = state.withLock { $0.placement.strays(channels, from: node.endpoint) }
        if !strays.isEmpty { node.subscriber.detach(strays) }
    }
}

// MARK: Channels that move

extension ClusterTopology {
    /// The first half of a move: the old node is left, and the loss told.
    func leave(_ move: Placement.Move, _ change: ClusterState.Change) {
        guard let from = move.from else { return }
        let node = change.stopped.first { $0.endpoint == from } ?? state.withLock { $0.nodes[from] }
        node?.subscriber.detach(move.channels)
        events([.continuityLost(.channels(move.channels))])
    }

    /// The second half: they are attached at the new node, and their restoration told.
    func arrive(_ move: Placement.Move) async {
        guard let node = move.to.flatMap({ to in state.withLock { $0.nodes[to] } }) else { return }
        await attach(move.channels, at: node) {
            guard !isSharded else { return await node.subscriber.attach(move.channels, interrupted: true) }
            await node.subscriber.attach(move.channels)
            if node.subscriber.endpoint != nil { events([.continuityRestored(.channels(move.channels))]) }
        }
    }

    /// Makes readers look in the log. Those of a node that is down will when it is up again.
    func nudge(_ channels: [ChannelName], at node: Endpoint) {
        let isUp = state.withLock { $0.nodes[node] }?.subscriber.endpoint != nil
        guard isUp else { return }
        events([.continuityLost(.channels(channels)), .continuityRestored(.channels(channels))])
    }

    /// Passes on what a node's link says. Of everything it says only as much as concerns its own channels.
    func tell(_ told: [BrokerEvent], from node: Endpoint) {
        events(isSharded ? told : told.map { scoped($0, node) })
        let isLost = told.contains { if case .continuityLost = $0 { true } else { false } }
        if isLost { requestRefresh() }
    }

    private func scoped(_ event: BrokerEvent, _ node: Endpoint) -> BrokerEvent {
        switch event {
        case .continuityLost(.everything):
            .continuityLost(.channels(state.withLock { $0.placement.channels(at: node) }))
        case .continuityRestored(.everything):
            .continuityRestored(.channels(state.withLock { $0.placement.channels(at: node) }))
        default: event
        }
    }
}
