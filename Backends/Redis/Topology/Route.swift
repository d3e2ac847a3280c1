/// The way of one call through a cluster: what came back goes in, what to do next comes out.
///
/// A call is repeated only after an answer that says that nothing was done; when a connection breaks under it, nobody
/// knows, and the caller is told.
struct Route: Sendable {
    /// Redirections that are followed, at most. One is usual, two are a slot that moves; more are a cluster at odds
    /// with itself.
    static let maximumRedirections = 5
    /// How long to wait before each new attempt while the cluster can't say who serves the slot; after the last of them
    /// the call fails. In all 1.55 s: longer than a slot's move takes, and a publisher is not kept for longer.
    static let pauses = [50, 100, 200, 400, 800].map(Duration.milliseconds)

    enum Step: Equatable, Sendable {
        case finish(Result<Reply, RedisError>)
        /// Send it to this node; with `asking` behind `ASKING`.
        case send(to: Endpoint, asking: Bool)
        /// Wait, then look the slot's primary up anew.
        case pause(Duration)
    }

    private var redirections = 0
    private var paused = 0

    mutating func answered(_ answer: Result<Reply, RedisError>, by node: Endpoint) -> Step {
        guard case .failure(.refused(let words)) = answer, let redirection = Redirection(error: words, from: node)
        else { return .finish(answer) }
        switch redirection {
        case .moved(_, let target): return follow(target, asking: false)
        case .ask(_, let target): return follow(target, asking: true)
        case .wait(let reason): return wait(because: reason)
        }
    }

    /// There is no connection to the node that was named, or nobody serves the slot.
    mutating func wait(because reason: String) -> Step {
        guard paused < Self.pauses.count else { return .finish(.failure(.unreachable(reason: reason))) }
        defer { paused += 1 }
        return .pause(Self.pauses[paused])
    }

    private mutating func follow(_ target: Endpoint, asking: Bool) -> Step {
        guard redirections < Self.maximumRedirections else {
            let reason = "the nodes of the Redis cluster send a call from one to the other"
            return .finish(.failure(.unreachable(reason: reason)))
        }
        redirections += 1
        return .send(to: target, asking: asking)
    }
}
