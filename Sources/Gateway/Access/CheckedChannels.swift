import Access
import BrokerCore

/// What one sender of many messages may do with each of their channels: asked once for each.
struct CheckedChannels {
    /// Channels that are remembered. Who speaks of more is asked about some of them again.
    private static let most = 1_000

    let caller: Caller
    private var answers: [ChannelName: Result<Void, Problem>] = [:]

    init(_ caller: Caller) {
        self.caller = caller
    }

    /// - Throws: ``Problem`` when nothing may be published there, or the token's time is over.
    mutating func requirePublishing(to channel: ChannelName) async throws(Problem) {
        guard caller.identity != nil else { return }
        try caller.checkTime()
        if let answer = answers[channel] { return try answer.get() }
        if answers.count >= Self.most { answers.removeAll(keepingCapacity: true) }
        let answer: Result<Void, Problem>
        do throws(Problem) {
            try await caller.require(.publish, channel)
            answer = .success(())
        } catch {
            answer = .failure(error)
        }
        answers[channel] = answer
        try answer.get()
    }

    /// Publishes what may be published, in order; the others are answered with what is against them.
    mutating func publish(_ publications: [Publication], to broker: any Broker) async -> [Result<Receipt, Problem>] {
        var refusals: [Int: Problem] = [:]
        if caller.identity != nil {
            for (index, publication) in publications.enumerated() {
                do throws(Problem) { try await requirePublishing(to: publication.channel) } catch {
                    refusals[index] = error
                }
            }
        }
        let allowed = publications.indices.filter { refusals[$0] == nil }.map { publications[$0] }
        var results: ArraySlice<Result<Receipt, BrokerError>> = []
        if !allowed.isEmpty { results = await broker.publish(allowed)[...] }
        return publications.indices.map { index in
            if let refusal = refusals[index] { return .failure(refusal) }
            return (results.popFirst() ?? .failure(.unavailable(reason: "it did not answer"))).mapError { Problem($0) }
        }
    }
}
