import AsyncHTTPClient
import BrokerCore
import GatewayConfig
import Logging

/// An identity provider's keys, as its URL last gave them. Keys that were had stay when it can't be asked.
final class JWKSSource: Sendable {
    /// How often it is asked at most, whatever tokens come.
    static let shortestInterval: Int64 = 10_000
    /// How often it is asked anyway, in milliseconds.
    static let longestInterval: Int64 = 300_000
    private static let timeout = Duration.seconds(5)
    /// The longest document, in bytes.
    private static let maximumBytes = 256 << 10

    let url: String
    private let logger: Logger
    private let state = Locked(State())

    private struct State {
        var keys: [VerificationKey] = []
        var document: [UInt8] = []
        /// How often the keys have changed.
        var generation = 0
        /// When it was last asked, by the steady clock.
        var askedAt: Int64?
        var hasFailed = false
        var underWay: Task<Void, Never>?
    }

    init(url: String, logger: Logger) { (self.url, self.logger) = (url, logger) }

    var keys: (list: [VerificationKey], generation: Int) { state.withLock { ($0.keys, $0.generation) } }

    /// It could not be asked the last time.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Waiting for ``refresh(now:)`` may bring keys that are not here yet.
    func mayRefresh(now: Int64) -> Bool {
        state.withLock { $0.underWay != nil || now - ($0.askedAt ?? .min / 2) >= Self.shortestInterval }
    }

    /// It is time to ask without a reason.
    func isDue(now: Int64) -> Bool {
        state.withLock {
            now - ($0.askedAt ?? .min / 2) >= ($0.hasFailed ? Self.shortestInterval : Self.longestInterval)
        }
    }

    /// Asks for the keys, unless that was done just now. All who want it at once share one request.
    func refresh(now: Int64) async {
        let task = state.withLock { state -> Task<Void, Never>? in
            if let task = state.underWay { return task }
            guard now - (state.askedAt ?? .min / 2) >= Self.shortestInterval else { return nil }
            state.askedAt = now
            let task = Task { await self.ask() }
            state.underWay = task
            return task
        }
        await task?.value
    }

    private func ask() async {
        do throws(AccessHTTP.Failure) {
            let answer = try await AccessHTTP.perform(
                HTTPClientRequest(url: url), within: Self.timeout, maximumBytes: Self.maximumBytes)
            guard answer.status == 200 else { throw .failed("status \(answer.status)") }
            try await take(answer.body)
        } catch {
            logger.warning(
                "the keys of auth.jwks_url could not be had; those that were had stay",
                metadata: ["reason": "\(error)", "keys": "\(keys.list.count)"])
            state.withLock { ($0.hasFailed, $0.underWay) = (true, nil) }
        }
    }

    private func take(_ document: [UInt8]) async throws(AccessHTTP.Failure) {
        let found = JWKSDocument.read(document)
        // A set without a key would lock everyone out, and is a mistake rather than meant.
        guard !found.keys.isEmpty else { throw .failed(found.problems.first ?? "no key for \(KeyAlgorithm.names)") }
        let keys = await found.verificationKeys()
        let isNew = state.withLock { state in
            let isNew = state.document != document
            if isNew { (state.keys, state.document, state.generation) = (keys, document, state.generation + 1) }
            (state.hasFailed, state.underWay) = (false, nil)
            return isNew
        }
        guard isNew else { return }
        for problem in found.problems { logger.warning("auth.jwks_url: \(problem)") }
        logger.info("keys that sign tokens were read from auth.jwks_url", metadata: ["keys": "\(keys.count)"])
    }
}
