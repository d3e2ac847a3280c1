import BrokerCore
import Logging

/// What the gateway's calls to its broker came to: how long they took, how many failed, and what was published.
final class BrokerMeter: Sendable {
    /// What is asked of a broker. The number is the place of its histogram.
    enum Operation: Int, CaseIterable, Sendable {
        case publish, recover, inspect, list, delete, attach, ping

        var name: String { "\(self)" }
    }

    /// That the broker fails is said once in so much time, however much it is asked.
    private static let silence = Duration.seconds(10)

    private struct State {
        var failures: [Operation: UInt64] = [:]
        var published: UInt64 = 0
        /// When it was last said that the broker fails.
        var said: ContinuousClock.Instant?
    }

    private let logger: Logger
    private let state = Locked(State())
    private let histograms = Operation.allCases.map { _ in Histogram() }

    init(logger: Logger) {
        self.logger = logger
    }

    /// The messages that went through, those that had been published before not counted again.
    var published: UInt64 { state.withLock { $0.published } }
    /// How long calls of each kind took, failed ones included.
    var latencies: [(operation: Operation, Histogram)] { Array(zip(Operation.allCases, histograms)) }
    /// Calls of each kind that failed because the broker was not available.
    var failures: [(operation: Operation, count: UInt64)] {
        let failures = state.withLock { $0.failures }
        return Operation.allCases.map { ($0, failures[$0] ?? 0) }
    }

    /// Runs a call and measures it.
    func measure<Value: Sendable>(
        _ operation: Operation, _ call: () async throws(BrokerError) -> Value
    ) async throws(BrokerError) -> Value {
        let begun = ContinuousClock.now
        do throws(BrokerError) {
            let value = try await call()
            ended(operation, begun, nil)
            return value
        } catch {
            ended(operation, begun, error)
            throw error
        }
    }

    /// The same for publications.
    func measure(_ call: () async -> [Result<Receipt, BrokerError>]) async -> [Result<Receipt, BrokerError>] {
        let begun = ContinuousClock.now
        let results = await call()
        var published: UInt64 = 0
        var failure: BrokerError?
        for result in results {
            switch result {
            case .success(let receipt): if !receipt.duplicate { published += 1 }
            case .failure(let error): if case .unavailable = error { failure = error }
            }
        }
        if published > 0 { state.withLock { $0.published += published } }
        ended(.publish, begun, failure)
        return results
    }

    private func ended(_ operation: Operation, _ begun: ContinuousClock.Instant, _ error: BrokerError?) {
        let now = ContinuousClock.now
        histograms[operation.rawValue].observe(now - begun)
        guard case .unavailable(let reason) = error else { return }
        let isNews = state.withLock { state in
            state.failures[operation, default: 0] += 1
            if let said = state.said, now - said < Self.silence { return false }
            state.said = now
            return true
        }
        guard isNews else { return }
        logger.warning(
            "the broker is not available", metadata: ["operation": "\(operation.name)", "reason": "\(reason)"])
    }
}
