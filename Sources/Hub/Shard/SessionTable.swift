import Synchronization

/// The sessions of a shard, by slot. A handle of a former tenant finds nothing.
struct SessionTable {
    private var slots: [(session: Session?, generation: UInt32)] = []
    private var free: [UInt32] = []
    /// How many there are of each kind of transport.
    private(set) var kinds: [String: Int] = [:]
    var count: Int { kinds.values.reduce(0, +) }
    /// The count of all shards together.
    private let total: SessionCount

    init(total: SessionCount = SessionCount()) {
        self.total = total
    }

    /// A handle for a session that is to be ``insert(_:)``ed.
    mutating func reserve(_ shard: Shard) -> SessionHandle {
        if let slot = free.popLast() {
            slots[Int(slot)].generation &+= 1
            return SessionHandle(shard: shard, slot: slot, generation: slots[Int(slot)].generation)
        }
        slots.append((nil, 0))
        return SessionHandle(shard: shard, slot: UInt32(slots.count - 1), generation: 0)
    }

    mutating func insert(_ session: Session) {
        slots[Int(session.handle.slot)].session = session
        kinds[session.transport.kind, default: 0] += 1
        total.all.add(1, ordering: .relaxed)
    }

    mutating func remove(_ handle: SessionHandle) {
        guard let session = self[handle.tag] else { return }
        slots[Int(handle.slot)].session = nil
        free.append(handle.slot)
        kinds[session.transport.kind, default: 1] -= 1
        total.all.subtract(1, ordering: .relaxed)
    }

    subscript(tag: UInt64) -> Session? {
        let slot = Int(tag & 0xFFFF_FFFF)
        guard slot < slots.count, slots[slot].generation == UInt32(tag >> 32) else { return nil }
        return slots[slot].session
    }

    var all: [Session] { slots.compactMap(\.session) }
}
