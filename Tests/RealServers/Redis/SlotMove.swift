/// A slot's move from one node to another, in the steps that `redis-cli --cluster reshard` makes.
package struct SlotMove: Sendable {
    /// Which slot; 0 to 16383.
    package let slot: Int
    /// Who has it.
    package let source: RedisServer
    /// Who gets it.
    package let target: RedisServer

    /// A move that has not begun.
    package init(slot: Int, source: RedisServer, target: RedisServer) {
        (self.slot, self.source, self.target) = (slot, source, target)
    }

    /// Both are told; the keys are still where they were.
    package func begin() async throws {
        try await target.cli("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", source.cli("CLUSTER", "MYID"))
        try await source.cli("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", target.cli("CLUSTER", "MYID"))
    }

    /// Moves the keys that are there.
    package func moveKeys() async throws {
        let keys = try await source.cli("CLUSTER", "GETKEYSINSLOT", "\(slot)", "1000").split(separator: "\n")
        guard !keys.isEmpty else { return }
        for key in keys {
            try await source.cli("MIGRATE", "127.0.0.1", "\(target.port)", String(key), "0", "2000")
        }
    }

    /// The slot is the target's; the rest of the cluster hears it from the two.
    package func finish() async throws {
        let id = try await target.cli("CLUSTER", "MYID")
        try await target.cli("CLUSTER", "SETSLOT", "\(slot)", "NODE", id)
        try await source.cli("CLUSTER", "SETSLOT", "\(slot)", "NODE", id)
    }
}
