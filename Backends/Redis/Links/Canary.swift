import BrokerCore
import BrokerSupport
import NIOCore

/// A message through pub/sub that is under way, and what has been heard of it.
struct Canary {
    /// What is to be done about one that has not come back.
    enum Verdict: Equatable {
        /// It may still come: the connection brings so much that it waits in line.
        case slow
        /// The connection brings nothing, or announcements do not come over it.
        case dead(String)
    }

    let token: String
    let arrival: EventLoopPromise<Void>
    private var ponged = false
    private var heard = false
    /// It could not be published: what counts is that the connection answers.
    private var pongSuffices = false

    init(token: String, loop: any EventLoop) {
        self.token = token
        arrival = loop.makePromise(of: Void.self)
    }

    mutating func noteTraffic() { heard = true }

    mutating func notePong() {
        ponged = true
        if pongSuffices { arrival.succeed() }
    }

    mutating func noteUnpublished() {
        pongSuffices = true
        if ponged { arrival.succeed() }
    }

    func noteArrival(_ token: String) {
        if token == self.token { arrival.succeed() }
    }

    /// Time is over. PING was sent before the message was published, so its answer stands before the message in the
    /// server's line.
    var verdict: Verdict {
        if ponged { return .dead("announcements do not arrive") }
        return heard ? .slow : .dead("the server does not answer")
    }
}

extension SubscriberLink {
    /// Whether a message through pub/sub comes back, in time. Those who ask while one is under way share it.
    func ping() async -> Result<Void, RedisError> {
        await trips.run { await self.roundTrip() }
    }

    /// Sends the canary as long as the task runs.
    func watch() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.canaryInterval)
            guard !Task.isCancelled, state.withLock({ $0.connection != nil }) else { continue }
            _ = await ping()
        }
    }

    private func roundTrip() async -> Result<Void, RedisError> {
        let token = "\(UInt64.random(in: 0...UInt64.max))"
        let canary = Canary(token: token, loop: group.any())
        let (connection, generation, reason) = state.withLock { state in
            if state.connection != nil { state.canary = canary }
            return (state.connection, state.generation, state.reason)
        }
        guard let connection else {
            canary.arrival.fail(reason)
            return .failure(reason)
        }
        let timeout = group.any().scheduleTask(in: TimeAmount(options.commandTimeout)) {
            canary.arrival.fail(RedisError.unreachable(reason: "announcements take too long"))
        }
        defer { timeout.cancel() }
        connection.write([Command("PING")])
        let published = await publish(Command("PUBLISH", canaryChannel, token))
        switch published {
        case .success(.integer(0)):
            drop(generation, .unreachable(reason: "announcements go to another server: the primary has changed"))
        case .success: break
        case .failure: state.withLock { $0.canary?.noteUnpublished() }
        }
        return await result(canary.arrival.futureResult, published, generation)
    }

    /// What came of it; a connection that has proved dead is dropped.
    private func result(
        _ arrival: EventLoopFuture<Void>, _ published: Result<Reply, RedisError>, _ generation: Int
    ) async -> Result<Void, RedisError> {
        do {
            try await arrival.get()
            return published.map { _ in }
        } catch {
            let verdict = state.withLock { $0.canary?.verdict }
            let reason = error as? RedisError ?? .unreachable(reason: "\(error)")
            guard case .dead(let words)? = verdict else { return .failure(reason) }
            drop(generation, .unreachable(reason: words))
            return .failure(.unreachable(reason: words))
        }
    }
}
