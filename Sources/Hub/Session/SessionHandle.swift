/// A session as other threads know it.
package struct SessionHandle: Hashable, Sendable {
    let shard: Shard
    /// The session's slot in its shard, and which of the slot's tenants it is.
    let slot: UInt32
    let generation: UInt32

    /// The session's tag in epoll.
    var tag: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    /// Runs `work` on the shard's thread, if the session is still there.
    package func perform(_ work: @escaping @Sendable (Session) -> Void) {
        shard.mailbox.post(.session(self, work))
    }

    package static func == (left: Self, right: Self) -> Bool { left.tag == right.tag && left.shard === right.shard }

    package func hash(into hasher: inout Hasher) { hasher.combine(tag) }
}
