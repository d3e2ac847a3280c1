/// What one node of a cluster says of it (`CLUSTER SLOTS`, `CLUSTER NODES`).
struct ClusterView: Equatable, Sendable {
    struct Range: Equatable, Sendable {
        var slots: ClosedRange<Int>
        var primary: Endpoint
        /// The configuration epoch of the primary's claim; 0 when the node does not tell.
        var epoch: UInt64
    }

    static let commands = [Command("CLUSTER", "SLOTS"), Command("CLUSTER", "NODES")]

    var ranges: [Range] = []
    /// Replicas that serve the same slots: whom to ask when no primary can be reached.
    var replicas: Set<Endpoint> = []
    /// Slots that are on their way to or from the node that says this.
    var moving: Set<Int> = []

    /// - Parameters:
    ///   - slots: the reply to `CLUSTER SLOTS`: who is where, as clients are to connect.
    ///   - nodes: the reply to `CLUSTER NODES`, if that is allowed: how new the claims are, and what moves.
    ///   - speaker: the node that was asked; it stands for the host that a reply leaves out.
    /// - Returns: `nil` for replies of another shape.
    init?(slots: Reply, nodes: Reply?, from speaker: Endpoint) {
        guard let entries = slots.array else { return nil }
        let records = (nodes?.text ?? "").split(separator: "\n").compactMap(NodeRecord.init)
        let epochs = Dictionary(records.map { ($0.id, $0.epoch) }) { first, _ in first }
        moving = records.first(where: \.isSpeaker)?.moving ?? []
        for entry in entries {
            guard let words = entry.array, words.count >= 3, let first = words[0].integer, let last = words[1].integer,
                0 <= first, first <= last, last < HashSlot.count
            else { return nil }
            for (index, node) in words[2...].enumerated() {
                guard let fields = node.array, fields.count >= 3, let id = fields[2].text else { return nil }
                guard let endpoint = Self.endpoint(fields, speaker) else { continue }
                if index == 0 {
                    let epoch = epochs[id[...]] ?? 0
                    ranges.append(Range(slots: Int(first)...Int(last), primary: endpoint, epoch: epoch))
                } else {
                    replicas.insert(endpoint)
                }
            }
        }
    }

    /// `nil`: the node is one whose address the speaker does not know (`?`).
    private static func endpoint(_ fields: [Reply], _ speaker: Endpoint) -> Endpoint? {
        guard let port = fields[1].integer, (1...65_535).contains(port) else { return nil }
        switch fields[0].text {
        case "?": return nil
        case nil, "": return speaker.withPort(Int(port))
        case .some(let host): return .host(host, port: Int(port))
        }
    }
}

/// One line of `CLUSTER NODES`:
/// `ID HOST:PORT@BUS FLAGS PRIMARY PING PONG EPOCH LINK SLOT|FIRST-LAST|[SLOT->-ID]|[SLOT-<-ID] …`
private struct NodeRecord {
    let id: Substring
    let epoch: UInt64
    let isSpeaker: Bool
    let moving: Set<Int>

    init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 8, let epoch = UInt64(words[6]) else { return nil }
        id = words[0]
        self.epoch = epoch
        isSpeaker = words[2].split(separator: ",").contains("myself")
        moving = Set(words[8...].compactMap { $0.first == "[" ? Int($0.dropFirst().prefix(while: \.isNumber)) : nil })
    }
}

extension Endpoint {
    /// The same host at another port.
    func withPort(_ port: Int) -> Endpoint? {
        if case .host(let host, _) = self { .host(host, port: port) } else { nil }
    }
}
