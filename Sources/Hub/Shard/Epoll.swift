import CEpoll
import Glibc

/// The shard's epoll instance. Every descriptor is watched edge-triggered, from its adoption to its close, with one system call.
struct Epoll: Sendable {
    private let descriptor: Int32

    /// - Throws: ``ShardError`` when the process has no descriptor left.
    init() throws(ShardError) {
        descriptor = cepoll_create()
        guard descriptor >= 0 else { throw ShardError(call: "epoll_create", errno: errno) }
    }

    /// `false`: the kernel can't watch it.
    func add(_ other: Int32, tag: UInt64) -> Bool {
        cepoll_add(descriptor, other, tag) == 0
    }

    /// Watches a mailbox. `false`: the kernel can't.
    func addMailbox(_ eventfd: Int32, tag: UInt64) -> Bool {
        cepoll_add_eventfd(descriptor, eventfd, tag) == 0
    }

    /// Waits up to `milliseconds`; says how many descriptors are ready.
    func wait(milliseconds: Int32, into ready: UnsafeMutablePointer<cepoll_ready>) -> Int {
        let count = cepoll_wait(descriptor, ready, milliseconds)
        precondition(count >= 0, "epoll_wait on a descriptor of our own")
        return Int(count)
    }

    func close() {
        Glibc.close(descriptor)
    }
}
