import BrokerCore
import Foundation
import Glibc

/// A thread with an epoll that owns its readers: nothing of theirs is touched by anyone else, so nothing needs a lock.
/// This is what other threads see of it.
package final class Shard: Sendable {
    /// The stack of a shard's thread, in bytes: its largest buffers are on the heap.
    private static let stackBytes = 512 << 10

    let mailbox: Mailbox<ShardLetter>
    /// Many readers are sent to by one system call.
    let hasRing: Bool

    /// Starts the thread.
    /// - Throws: ``ShardError``.
    init(options: HubOptions, services: ShardServices) throws(ShardError) {
        mailbox = try Mailbox()
        let epoll = try Epoll()
        let broadcast = Broadcast(usesRing: options.usesRing)
        hasRing = broadcast.hasRing
        let thread = Thread { [self] in
            ShardLoop(shard: self, epoll: epoll, broadcast: broadcast, options: options, services: services).run()
        }
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    /// Runs `work` on the shard's thread and waits for its result. `nil` after the shard has stopped.
    func ask<Result: Sendable>(_ work: @escaping @Sendable (ShardLoop) -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            let letter = ShardLetter.work(Work { continuation.resume(returning: $0.map(work)) })
            if !mailbox.post(letter) { letter.refuse() }
        }
    }
}

/// What a shard asks of the rest of the Hub. Both are called on the shard's thread and must not block.
struct ShardServices: Sendable {
    let sessions: SessionCount
    /// Announcements of a channel are wanted, or not any more.
    var want: @Sendable (ChannelName, Bool, Shard) -> Void
    /// A recovery is wanted; its result comes as ``ShardLetter/recovered(_:query:generation:_:)``.
    var recover: @Sendable (ChannelName, Start, UInt64, Shard) -> Void
}

/// What others have to say to a shard.
enum ShardLetter: Sendable {
    case open(SessionSeed)
    case events(EventBatch)
    case attached([ChannelName])
    case recovered(ChannelName, query: Start, generation: UInt64, Result<Recovery, BrokerError>)
    case session(SessionHandle, @Sendable (Session) -> Void)
    case work(Work)
    /// Shut the readers down, spread over so many milliseconds.
    case drain(Int64)
    /// From now on these hold.
    case options(HubOptions)
    case stop

    /// The shard has stopped: lets go of what the letter holds.
    func refuse() {
        switch self {
        case .open(let seed): if case .socket(let descriptor) = seed.connection { Glibc.close(descriptor) }
        case .events(let batch): _ = batch.take()
        case .work(let work): work.run(nil)
        case .attached, .recovered, .session, .drain, .options, .stop: break
        }
    }
}

/// Work for a shard's thread, which is told if there will be none: `nil`.
struct Work: Sendable {
    let run: @Sendable (ShardLoop?) -> Void

    init(_ run: @escaping @Sendable (ShardLoop?) -> Void) { self.run = run }
}

/// What a new session is made of.
package struct SessionSeed: Sendable {
    package enum Connection: Sendable {
        /// A connected, non-blocking socket that the session is to own.
        case socket(Int32)
        /// A sink that is made on the shard's thread.
        case sink(@Sendable (SessionHandle) -> any Sink)
    }

    package let connection: Connection
    /// Makes the session's transport, on the shard's thread.
    package let transport: @Sendable () -> any Transport
    /// Bytes that were read from the reader already.
    package let received: [UInt8]
    /// Let go of when the session is closed: what it is counted by elsewhere.
    package let holds: [any AnyObject & Sendable]

    package init(
        connection: Connection, received: [UInt8] = [], holds: [any AnyObject & Sendable] = [],
        transport: @escaping @Sendable () -> any Transport
    ) {
        self.connection = connection
        self.received = received
        self.holds = holds
        self.transport = transport
    }
}
