import BrokerCore
import NIOCore

/// A connection to one server, ready to use: encrypted where wanted, logged in, with its database selected.
///
/// Commands of all threads gather while the event loop is busy and go out in one write, behind those that are under
/// way. Answers come in order. A server that owes an answer and sends nothing for ``RedisOptions/commandTimeout`` is
/// taken for gone: the connection ends, and all that is under way fails. A connection that has ended stays so; it is
/// for its owner to open another.
///
/// The owner closes it; it does not close by being forgotten.
final class RedisConnection: Sendable {
    typealias Answer = Result<Reply, RedisError>

    let endpoint: Endpoint
    /// Succeeds when the connection has ended, with the reason: `unreachable` or `unusable`.
    let closed: EventLoopFuture<RedisError>
    private let eventLoop: any EventLoop
    private let inbox: CommandInbox
    private let handler: NIOLoopBound<ConnectionHandler>

    /// Connects, within ``RedisOptions/connectTimeout``.
    ///
    /// - Parameter push: for a connection that subscribes. Once ``write(_:)`` has been called, all that the server
    ///   sends goes here, errors too, on the event loop, in batches of what one read has brought.
    /// - Throws: `unusable`, in words that say what to do, when the server does not let us in; `unreachable` when there
    ///   is none.
    static func open(
        _ endpoint: Endpoint, _ options: RedisOptions, on group: any EventLoopGroup,
        push: (@Sendable ([Reply]) -> Void)? = nil
    ) async throws(RedisError) -> RedisConnection {
        try await Connector(endpoint: endpoint, options: options).open(on: group, push: push)
    }

    init(endpoint: Endpoint, inbox: CommandInbox, handler: NIOLoopBound<ConnectionHandler>) {
        self.endpoint = endpoint
        self.inbox = inbox
        self.handler = handler
        closed = handler.value.ended
        eventLoop = handler.eventLoop
    }

    var isOpen: Bool { inbox.isOpen }

    /// Commands that have no answer yet, and about their bytes.
    var underWay: (commands: Int, bytes: Int) { inbox.underWay }

    /// Sends commands in one write and gives the answers in order, from any thread.
    ///
    /// - Parameter completion: called once, on the event loop, or on the caller's thread when the commands can't be
    ///   sent. It must not block; it may send. A server's error is `refused`; the others are as they would be without
    ///   it.
    func send(_ commands: [Command], completion: @escaping @Sendable ([Answer]) -> Void) {
        guard !commands.isEmpty else { return completion([]) }
        submit(Submission(commands, completion: completion))
    }

    /// Sends commands in one write, and waits for the answers. Ends in time whether or not the task is cancelled.
    func send(_ commands: [Command]) async -> [Answer] {
        await withCheckedContinuation { continuation in
            send(commands) { continuation.resume(returning: $0) }
        }
    }

    /// Sends commands whose answers go to `push`. On a connection that was opened without, the first answer would end
    /// it.
    func write(_ commands: [Command]) {
        guard !commands.isEmpty else { return }
        submit(Submission(commands, completion: nil))
    }

    /// Ends the connection; what is under way fails with `unreachable`.
    func close(reason: String = "the connection was closed") {
        let error = RedisError.unreachable(reason: "Redis at \(endpoint): \(reason)")
        eventLoop.execute { [handler] in handler.value.end(error) }
    }

    private func submit(_ submission: Submission) {
        switch inbox.add(submission) {
        case .accepted(let wake): if wake { eventLoop.execute { [handler] in handler.value.drain() } }
        case .refused(let error): submission.fail(error)
        }
    }
}
