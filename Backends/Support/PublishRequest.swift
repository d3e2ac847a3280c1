package import BrokerCore

/// One caller's publications, which may go in several calls: answers when the last of them is answered.
package final class PublishRequest: Sendable {
    private struct State {
        var results: [Result<Receipt, BrokerError>?]
        var open: Int
    }

    private let state: Locked<State>
    private let completion: @Sendable ([Result<Receipt, BrokerError>]) -> Void

    /// - Parameters:
    ///   - count: how many publications there are; at least 1.
    ///   - completion: takes their results, in their order, once.
    package init(count: Int, completion: @escaping @Sendable ([Result<Receipt, BrokerError>]) -> Void) {
        state = Locked(State(results: Array(repeating: nil, count: count), open: count))
        self.completion = completion
    }

    /// The answer to the publication at `index`; each is answered once.
    package func answer(_ index: Int, _ result: Result<Receipt, BrokerError>) {
        let results = state.withLock { state -> [Result<Receipt, BrokerError>]? in
            state.results[index] = result
            state.open -= 1
            return state.open == 0 ? state.results.compactMap { $0 } : nil
        }
        if let results { completion(results) }
    }

    /// The same answer to each of them, in place of single ones.
    package func answerAll(_ result: Result<Receipt, BrokerError>) {
        completion(state.withLock { $0.results.map { _ in result } })
    }
}
