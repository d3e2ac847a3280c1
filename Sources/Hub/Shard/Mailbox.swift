import BrokerCore
import CEpoll
import Glibc

/// What other threads have to say to a shard. The first to say something wakes it; the others find it awake.
package final class Mailbox<Letter: Sendable>: Sendable {
    private struct State {
        var letters: [Letter] = []
        var isClosed = false
    }

    private let state = Locked(State())
    /// The eventfd that is written to when a first letter comes. It is watched for that edge and never read: 2⁶⁴ letters is more than
    /// come.
    let descriptor: Int32

    /// - Throws: `ShardError` when the process has no descriptor left.
    init() throws(ShardError) {
        descriptor = cepoll_eventfd()
        guard descriptor >= 0 else { throw ShardError(call: "eventfd", errno: errno) }
    }

    deinit { Glibc.close(descriptor) }

    /// `false`: the shard has stopped, and nobody will read it.
    @discardableResult
    package func post(_ letter: Letter) -> Bool {
        let count = state.withLock { state in
            guard !state.isClosed else { return 0 }
            state.letters.append(letter)
            return state.letters.count
        }
        if count == 1 {
            var one: UInt64 = 1
            _ = Glibc.write(descriptor, &one, 8)
        }
        return count > 0
    }

    /// All that waits, in the order of posting.
    func take() -> [Letter] {
        state.withLock { state in
            defer { state.letters = [] }
            return state.letters
        }
    }

    /// Accepts nothing more, and gives back what was not read.
    func close() -> [Letter] {
        state.withLock { $0.isClosed = true }
        return take()
    }
}

/// A system call that a shard can't do without has failed.
package struct ShardError: Error, CustomStringConvertible {
    let call: String
    let errno: Int32

    package var description: String { "\(call) failed: \(String(cString: strerror(errno)))" }
}
