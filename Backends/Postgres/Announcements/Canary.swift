import BrokerCore
import BrokerSupport

/// A notification to ourselves that is under way.
final class Canary: Sendable {
    let token = "\(UInt64.random(in: 0...UInt64.max))"
    private let arrival = OneShot<Result<Void, ListenError>>()

    func noteArrival(_ token: String) {
        if token == self.token { arrival.set(.success(())) }
    }

    /// The connection is gone.
    func end(_ reason: ListenError) { arrival.set(.failure(reason)) }

    /// `nil`: it has not arrived in this time.
    func result(within limit: Duration) async -> Result<Void, ListenError>? { await arrival.value(within: limit) }
}

extension ListenLink {
    /// How often the timeout a connection may be busy with announcements before it answers; then it is given up, and
    /// what was missed is recovered.
    private static let patience = 5

    /// Whether a notification arrives, in time. Those who ask while one is under way share it.
    func ping() async throws(PostgresError) {
        do throws(ListenError) { try await trips.run { await self.roundTrip() }.get() } catch { throw error.cause }
    }

    /// Sends the canary as long as the task runs.
    func watch() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.canaryInterval)
            guard !Task.isCancelled, state.withLock({ $0.table.phase != .down }) else { continue }
            _ = await trips.run { await self.roundTrip() }
        }
    }

    /// The canary of a new connection. Nothing else comes over it, so what does not arrive in time does not come.
    ///
    /// Nothing may be asked meanwhile: a pooler lends a server's session to whoever asks, and with it come
    /// notifications that it would else throw away.
    func greet(_ generation: Int) async throws(ListenError) {
        let canary = Canary()
        state.withLock { if $0.generation == generation { $0.canary = canary } }
        try await send(canary).get()
        guard let result = await canary.result(within: options.timeout) else { throw .silent }
        try result.get()
    }

    private func roundTrip() async -> Result<Void, ListenError> {
        let canary = Canary()
        let (connection, generation, reason) = state.withLock { state in
            guard state.table.phase != .down else { return (nil as PostgresConnection?, 0, state.reason) }
            state.canary = canary
            return (state.connection, state.generation, state.reason)
        }
        guard let connection else { return .failure(reason) }
        let sent = await send(canary)
        if case .success = sent, let result = await canary.result(within: options.timeout) { return result }
        if let failure = await failure(of: connection) { return giveUp(generation, failure) }
        if case .failure = sent { return sent }
        // The server has read all that was announced before it answered; some of it may still be on its way to us.
        return await canary.result(within: options.timeout) ?? giveUp(generation, .silent)
    }

    private func send(_ canary: Canary) async -> Result<Void, ListenError> {
        let query = Query("SELECT pg_notify($1, $2)", [.text(canaryName), .text(canary.token)])
        return await ask(query).map { _ in }.mapError { .query($0) }
    }

    /// Why the connection is of no use; `nil`: it answers.
    private func failure(of connection: PostgresConnection) async -> ListenError? {
        let answer = OneShot<Result<Rows, PostgresError>>()
        connection.submit(Query("SELECT 1"), timeout: options.timeout) { answer.set($0) }
        switch await answer.value(within: options.timeout * Self.patience) {
        case .success?: return nil
        case .failure(let error)?: return .connection(error)
        case nil: return .connection(.unreachable(reason: "announcements take too long"))
        }
    }

    private func giveUp(_ generation: Int, _ reason: ListenError) -> Result<Void, ListenError> {
        drop(generation, reason)
        return .failure(reason)
    }
}
