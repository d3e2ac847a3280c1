import BrokerCore

/// How the servers behind a URL are arranged: which of them a call goes to, and where its announcements come
/// from.
///
/// What comes is told through the closure that a topology is made with, in order for each channel; so is every loss of
/// continuity. Nothing but ``open()`` fails because a server can't be reached.
protocol Topology: Sendable {
    /// Connects for the first time, and sees whether the servers can be used.
    /// - Throws: ``RedisError/unusable(_:)`` or ``RedisError/unreachable(reason:)``: which it is and what to do, in one line.
    func open() async throws(RedisError)

    /// Keeps everything connected until the task is cancelled.
    func run() async

    /// Calls a function, at the server that has its key. Safe from any thread. While that server is down it fails at
    /// once; a call is never repeated that may have been carried out.
    func send(_ call: Call, completion: @escaping @Sendable (Result<Reply, RedisError>) -> Void)

    /// The links to all primaries, which together hold every key.
    /// - Throws: ``RedisError/unreachable(reason:)`` when some slots have no primary.
    func primaries() throws(RedisError) -> [CommandLink]

    /// From its return on, these channels' announcements come, or their continuity was said to be lost.
    func attach(_ channels: [ChannelName]) async

    func detach(_ channels: [ChannelName]) async

    /// Whether announcements arrive, from every server.
    func ping() async throws(BrokerError)
}
