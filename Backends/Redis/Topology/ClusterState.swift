import BrokerCore

/// What is known of a cluster, and who is on which node. Every primary of the table has its node.
struct ClusterState {
    /// Nodes that redirections have named and that have no slots yet, at most; while a slot moves, its new node may be
    /// one.
    static let maximumGuests = 64

    /// What a new table brings with it.
    struct Change {
        var started: [ClusterNode] = []
        var stopped: [ClusterNode] = []
        var moves: [Placement.Move] = []
    }

    private(set) var table = SlotTable()
    private(set) var nodes: [Endpoint: ClusterNode] = [:]
    /// Slots that are on their way from one node to another.
    private(set) var moving: Set<Int> = []
    private(set) var replicas: Set<Endpoint> = []
    private var guests: Set<Endpoint> = []
    var placement = Placement()
    /// A slot's new primary was learned by the way, and the channels have not followed.
    private var isAhead = false

    /// Takes what nodes have told just now. `nil`: they know no primary at all.
    mutating func adopt(_ views: [ClusterView], _ makeNode: (Endpoint) -> ClusterNode) -> Change? {
        let newer = SlotTable(merging: views)
        let primaries = newer.primaries
        guard !primaries.isEmpty else { return nil }
        moving = views.reduce(into: []) { $0.formUnion($1.moving) }
        replicas = views.reduce(into: []) { $0.formUnion($1.replicas) }
        if moving.isEmpty { guests = [] }
        let wanted = guests.union(primaries)
        var change = Change()
        for endpoint in wanted where nodes[endpoint] == nil {
            let node = makeNode(endpoint)
            nodes[endpoint] = node
            change.started.append(node)
        }
        if isAhead || newer != table || !placement.isSettled { change.moves = placement.follow(newer) }
        (table, isAhead) = (newer, false)
        for (endpoint, node) in nodes where !wanted.contains(endpoint) {
            change.stopped.append(node)
            nodes[endpoint] = nil
        }
        return change
    }

    /// A node says that the slot is another's. One that has no links yet gets them with the next refresh.
    mutating func learn(_ slot: Int, is primary: Endpoint) {
        guard nodes[primary] != nil else { return welcome(primary) }
        guard table.primary(of: slot) != primary else { return }
        table.assign(slot, to: primary)
        isAhead = true
    }

    /// A call was sent to this node, which may have no slot yet.
    mutating func welcome(_ node: Endpoint) {
        if nodes[node] == nil, guests.count < Self.maximumGuests { guests.insert(node) }
    }

    func node(of slot: Int) -> ClusterNode? { table.primary(of: slot).flatMap { nodes[$0] } }
}
