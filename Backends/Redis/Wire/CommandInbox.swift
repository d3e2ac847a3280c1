import BrokerCore

/// Where any thread leaves commands for the event loop. It is woken once, however many come before it looks, and what
/// is under way is bounded.
final class CommandInbox: Sendable {
    /// Commands without an answer, at most.
    static let maximumCommands = 65_536
    /// The bytes of these, at most.
    static let maximumBytes = 128 << 20

    enum Verdict {
        /// The event loop has yet to be woken.
        case accepted(wake: Bool)
        case refused(RedisError)
    }

    private struct State {
        var waiting: [Submission] = []
        var isWoken = false
        /// Commands that wait or are under way, and their bytes.
        var commands = 0
        var bytes = 0
        var ending: RedisError?
    }

    private let endpoint: Endpoint
    private let maximumCommands: Int
    private let maximumBytes: Int
    private let state = Locked(State())

    init(
        endpoint: Endpoint, maximumCommands: Int = CommandInbox.maximumCommands,
        maximumBytes: Int = CommandInbox.maximumBytes
    ) {
        self.endpoint = endpoint
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
    }

    var isOpen: Bool { state.withLock { $0.ending == nil } }

    /// Commands that wait or are under way, and about their bytes.
    var underWay: (commands: Int, bytes: Int) { state.withLock { ($0.commands, $0.bytes) } }

    func add(_ submission: Submission) -> Verdict {
        state.withLock { state in
            if let ending = state.ending { return .refused(ending) }
            let commands = state.commands + submission.commands.count
            let bytes = state.bytes + submission.size
            guard commands <= maximumCommands, bytes <= maximumBytes else {
                return .refused(.unreachable(reason: "Redis at \(endpoint): too much is under way"))
            }
            (state.commands, state.bytes) = (commands, bytes)
            state.waiting.append(submission)
            defer { state.isWoken = true }
            return .accepted(wake: !state.isWoken)
        }
    }

    /// What has come since the last time; the next to come wakes the event loop again.
    func take() -> [Submission] {
        state.withLock { state in
            state.isWoken = false
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// So much is answered, or was never to be.
    func release(commands: Int, bytes: Int) {
        state.withLock { state in
            state.commands -= commands
            state.bytes -= bytes
        }
    }

    /// From here on everything is refused. Returns what still waited; after the first time nothing.
    func end(_ reason: RedisError) -> [Submission] {
        state.withLock { state in
            if state.ending == nil { state.ending = reason }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
