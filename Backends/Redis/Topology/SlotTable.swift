/// Which primary has each slot of a cluster.
struct SlotTable: Equatable, Sendable {
    private static let nobody = UInt16.max

    /// Places in `endpoints`; ``nobody``: the slot is not served.
    private var owners = [UInt16](repeating: SlotTable.nobody, count: HashSlot.count)
    /// Every primary that was ever named; some may have no slot any more.
    private var endpoints: [Endpoint] = []

    init() {}

    /// What several nodes say, taken together: of two that claim a slot the one with the higher configuration epoch has
    /// it, as among the nodes themselves. So a primary that was cut off from the others, and does not know yet that it
    /// was replaced, is not believed.
    init(merging views: [ClusterView]) {
        var epochs = [UInt64](repeating: 0, count: HashSlot.count)
        for range in views.lazy.flatMap(\.ranges) {
            for slot in range.slots where owners[slot] == Self.nobody || epochs[slot] < range.epoch {
                epochs[slot] = range.epoch
                assign(slot, to: range.primary)
            }
        }
    }

    func primary(of slot: Int) -> Endpoint? {
        owners[slot] == Self.nobody ? nil : endpoints[Int(owners[slot])]
    }

    /// The slot has another primary, or is served by none.
    mutating func assign(_ slot: Int, to primary: Endpoint?) {
        guard let primary else {
            owners[slot] = Self.nobody
            return
        }
        // A table is made of ranges: the neighbour's owner is nearly always the one.
        if slot > 0, self.primary(of: slot - 1) == primary {
            owners[slot] = owners[slot - 1]
        } else {
            let place = endpoints.firstIndex(of: primary) ?? endpoints.endIndex
            if place == endpoints.endIndex { endpoints.append(primary) }
            owners[slot] = UInt16(place)
        }
    }

    /// The primaries that have slots.
    var primaries: Set<Endpoint> {
        Set(Set(owners).lazy.filter { $0 != Self.nobody }.map { endpoints[Int($0)] })
    }

    /// Every slot has a primary.
    var isComplete: Bool { !owners.contains(Self.nobody) }

    static func == (left: Self, right: Self) -> Bool {
        if left.owners == right.owners && left.endpoints == right.endpoints { return true }
        return (0..<HashSlot.count).allSatisfy { left.primary(of: $0) == right.primary(of: $0) }
    }
}
